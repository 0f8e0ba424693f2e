import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, moment, sortableText, updatedAt } from './columns.ts';

export const ProjectSchema = defineEntity({
  name: 'Project',
  tableName: 'projects',
  properties: {
    id: id(),
    name: sortableText(),
    description: p.text().nullable(),
    color: p.text().nullable(),
    env: p.text().nullable(),
    /** Set for a sandbox. */
    parent: () => p.manyToOne(Project).ref().nullable().deleteRule('no action'),
    allowSupportAccess: p.boolean().default(false),
    requiresMfa: p.boolean().default(false),
    /** The most runs at a time; null for no limit. */
    concurrency: p.integer().nullable(),
    retentionPolicy: p.enum(['retain_all', 'retain_with_errors', 'erase_all']).default('retain_all'),
    /** Days; null to keep history for ever. */
    historyRetentionPeriod: p.integer().nullable(),
    /** Days, at most the history's; null to keep dataclips as long as history. */
    dataclipRetentionPeriod: p.integer().nullable(),
    /** When the project may be purged. */
    scheduledDeletion: moment().nullable(),
    /** The project whose scheduling set the date: itself, or one above it. A cancellation clears what it set. */
    scheduledDeletionRoot: () => p.manyToOne(Project).ref().nullable().deleteRule('no action'),
    /** Set by the first batch of a deletion: from then on nobody sees the project. */
    deletionStartedAt: moment().nullable(),
    /** What an etag stands for. */
    lockVersion: p.integer().version().default(1),
    /** Cache of the computed head, null when unknown; the database forgets it when a version changes. */
    headHash: p.text().nullable(),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    { properties: ['name', 'id'] },
    { properties: ['insertedAt', 'id'] },
    { properties: ['updatedAt', 'id'] },
    { properties: ['parent', 'name', 'id'] },
    { properties: ['scheduledDeletionRoot'] },
    {
      name: 'projects_scheduled_deletion_index',
      properties: ['scheduledDeletion', 'id'],
      where: 'scheduled_deletion is not null',
    },
    {
      name: 'projects_support_access_index',
      properties: ['name', 'id'],
      where: 'allow_support_access and parent_id is null and scheduled_deletion is null',
    },
    {
      name: 'projects_history_retention_index',
      properties: ['id'],
      where: 'history_retention_period is not null',
    },
  ],
  uniques: [
    { name: 'projects_unique_child_name', properties: ['parent', 'name'], where: 'parent_id is not null' },
  ],
  checks: [
    { name: 'projects_name_check', expression: "name ~ '^[a-z0-9-]{1,255}$'" },
    { name: 'projects_description_check', expression: 'char_length(description) <= 240' },
    {
      name: 'projects_color_check',
      expression: "color ~ '^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$'",
    },
    { name: 'projects_env_check', expression: "env ~ '^[a-z0-9][a-z0-9_-]{0,31}$'" },
    { name: 'projects_parent_check', expression: 'parent_id <> id' },
    { name: 'projects_concurrency_check', expression: 'concurrency >= 1' },
    {
      name: 'projects_history_retention_period_check',
      expression: 'history_retention_period in (7, 14, 30, 90, 180, 365)',
    },
    {
      name: 'projects_dataclip_retention_period_check',
      expression: 'dataclip_retention_period in (7, 14, 30, 90, 180, 365)',
    },
    {
      name: 'projects_periods_check',
      expression: `
        dataclip_retention_period is null
        or history_retention_period is not null
          and dataclip_retention_period <= history_retention_period
          and retention_policy <> 'erase_all'`,
    },
    {
      name: 'projects_scheduled_deletion_check',
      expression: 'scheduled_deletion_root_id is null or scheduled_deletion is not null',
    },
    { name: 'projects_head_hash_check', expression: "head_hash ~ '^[0-9a-f]{12}$'" },
  ],
});

/** A project; a sandbox when it has a parent. */
export class Project extends ProjectSchema.class {}
ProjectSchema.setClass(Project);
