import { defineEntity, p } from '@mikro-orm/core';
import { id, moment } from './columns.ts';
import { Workflow } from './workflow.ts';

export const WorkflowVersionSchema = defineEntity({
  name: 'WorkflowVersion',
  tableName: 'workflow_versions',
  properties: {
    id: id(),
    workflow: () => p.manyToOne(Workflow).ref(),
    hash: p.text(),
    source: p.enum(['app', 'cli']),
    /** Left to the database's clock, whose order decides which version is the latest. */
    insertedAt: moment().defaultRaw('clock_timestamp()'),
  },
  indexes: [
    {
      name: 'workflow_versions_latest_index',
      // As SQL: MikroORM 7.2 misreads the direction of a column whose name ends another's (id, workflow_id).
      expression:
        'create index workflow_versions_latest_index on workflow_versions ' +
        '(workflow_id, inserted_at desc, id desc) include (hash, source)',
    },
  ],
  checks: [{ name: 'workflow_versions_hash_check', expression: "hash ~ '^[0-9a-f]{12}$'" }],
});

/** A state that a workflow was in, as the hash of its content. */
export class WorkflowVersion extends WorkflowVersionSchema.class {}
WorkflowVersionSchema.setClass(WorkflowVersion);
