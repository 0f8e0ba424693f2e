import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, moment, sortableText, updatedAt } from './columns.ts';
import type { Positions } from './json.ts';
import { Project } from './project.ts';

export const WorkflowSchema = defineEntity({
  name: 'Workflow',
  tableName: 'workflows',
  properties: {
    id: id(),
    project: () => p.manyToOne(Project).ref(),
    name: sortableText(),
    positions: p.json<Positions>().nullable(),
    /** The most runs at a time; null for no limit of its own. */
    concurrency: p.integer().nullable(),
    enableJobLogs: p.boolean().default(true),
    /** Hash of the latest version, null when there is none; the database keeps it, nothing else writes it. */
    versionHash: p.text().nullable(),
    lockVersion: p.integer().version().default(1),
    /** Set when it was deleted: softly, its history stays. */
    deletedAt: moment().nullable(),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    { properties: ['project', 'name', 'id'] },
    { properties: ['project', 'id'], include: ['versionHash'] },
    { properties: ['project', 'updatedAt'], where: 'deleted_at is null' },
  ],
  uniques: [{ properties: ['project', 'name'], where: 'deleted_at is null' }],
  checks: [
    { name: 'workflows_concurrency_check', expression: 'concurrency >= 1' },
    { name: 'workflows_version_hash_check', expression: "version_hash ~ '^[0-9a-f]{12}$'" },
  ],
});

/** A workflow. Deleted ones keep their name and free it for another. */
export class Workflow extends WorkflowSchema.class {}
WorkflowSchema.setClass(Workflow);
