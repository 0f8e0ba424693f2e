import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, updatedAt } from './columns.ts';
import { Credential } from './credential.ts';
import { Project } from './project.ts';

export const ProjectCredentialSchema = defineEntity({
  name: 'ProjectCredential',
  tableName: 'project_credentials',
  properties: {
    id: id(),
    project: () => p.manyToOne(Project).ref(),
    credential: () => p.manyToOne(Credential).ref(),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  indexes: [{ properties: ['project', 'id'] }, { properties: ['credential'] }],
  uniques: [{ properties: ['project', 'credential'] }],
});

/** A credential that a project's jobs may use. */
export class ProjectCredential extends ProjectCredentialSchema.class {}
ProjectCredentialSchema.setClass(ProjectCredential);
