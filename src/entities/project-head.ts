import { defineEntity, p } from '@mikro-orm/core';
import { insertedAt } from './columns.ts';
import { Project } from './project.ts';

export const ProjectHeadSchema = defineEntity({
  name: 'ProjectHead',
  tableName: 'project_heads',
  properties: {
    project: () => p.manyToOne(Project).ref().primary().deleteRule('no action').updateRule('no action'),
    /** Counts up within a project. */
    position: p.integer().primary(),
    hash: p.text(),
    insertedAt: insertedAt(),
  },
  uniques: [{ properties: ['project', 'hash'] }],
  checks: [{ name: 'project_heads_hash_check', expression: "hash ~ '^[0-9a-f]{12}$'" }],
});

/** One entry of a project's version history, which is only ever appended to. */
export class ProjectHead extends ProjectHeadSchema.class {}
ProjectHeadSchema.setClass(ProjectHead);
