import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt } from './columns.ts';
import type { JsonObject, Positions } from './json.ts';
import { Workflow } from './workflow.ts';

export const WorkflowSnapshotSchema = defineEntity({
  name: 'WorkflowSnapshot',
  tableName: 'workflow_snapshots',
  properties: {
    id: id(),
    workflow: () => p.manyToOne(Workflow).ref(),
    lockVersion: p.integer(),
    name: p.text(),
    positions: p.json<Positions>().nullable(),
    jobs: p.json<JsonObject[]>().defaultRaw("'[]'"),
    triggers: p.json<JsonObject[]>().defaultRaw("'[]'"),
    edges: p.json<JsonObject[]>().defaultRaw("'[]'"),
    insertedAt: insertedAt(),
  },
  uniques: [{ properties: ['workflow', 'lockVersion'] }],
});

/** A workflow with its graph as it was at one lock_version. */
export class WorkflowSnapshot extends WorkflowSnapshotSchema.class {}
WorkflowSnapshotSchema.setClass(WorkflowSnapshot);
