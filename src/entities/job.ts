import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, sortableText, updatedAt } from './columns.ts';
import { KeychainCredential } from './keychain-credential.ts';
import { ProjectCredential } from './project-credential.ts';
import { Workflow } from './workflow.ts';

export const JobSchema = defineEntity({
  name: 'Job',
  tableName: 'jobs',
  properties: {
    id: id(),
    workflow: () => p.manyToOne(Workflow).ref().deleteRule('cascade'),
    name: sortableText(),
    body: p.text(),
    adaptor: p.text(),
    projectCredential: () => p.manyToOne(ProjectCredential).ref().nullable().deleteRule('set null'),
    keychainCredential: () => p.manyToOne(KeychainCredential).ref().nullable().deleteRule('set null'),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    { properties: ['workflow', 'name', 'id'] },
    { properties: ['projectCredential'] },
    { properties: ['keychainCredential'] },
  ],
  uniques: [{ properties: ['workflow', 'id'] }],
  checks: [
    {
      name: 'jobs_one_credential_check',
      expression: 'project_credential_id is null or keychain_credential_id is null',
    },
  ],
});

/** A step of a workflow as it is written. It has one kind of credential at most. */
export class Job extends JobSchema.class {}
JobSchema.setClass(Job);
