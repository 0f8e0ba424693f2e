import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, sortableText, updatedAt } from './columns.ts';
import { Credential } from './credential.ts';
import { Project } from './project.ts';
import { User } from './user.ts';

export const KeychainCredentialSchema = defineEntity({
  name: 'KeychainCredential',
  tableName: 'keychain_credentials',
  properties: {
    id: id(),
    project: () => p.manyToOne(Project).ref(),
    name: sortableText(),
    /** JSONPath into a run's input that tells which credential to take. */
    path: p.text(),
    defaultCredential: () => p.manyToOne(Credential).ref().nullable().deleteRule('set null'),
    createdBy: () => p.manyToOne(User).ref().nullable().deleteRule('no action'),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  indexes: [{ properties: ['defaultCredential'] }, { properties: ['createdBy'] }],
  uniques: [{ properties: ['project', 'name'] }],
});

/** A credential chosen at run time by what the run is about. */
export class KeychainCredential extends KeychainCredentialSchema.class {}
KeychainCredentialSchema.setClass(KeychainCredential);
