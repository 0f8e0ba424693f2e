import { defineEntity, p } from '@mikro-orm/core';
import { moment } from './columns.ts';
import { Workflow } from './workflow.ts';

export const WorkflowLossSchema = defineEntity({
  name: 'WorkflowLoss',
  tableName: 'workflow_losses',
  properties: {
    workflow: () => p.manyToOne(Workflow).ref().primary().deleteRule('cascade').updateRule('no action'),
    /** What it became with the loss. */
    lockVersion: p.integer().primary(),
    hash: p.text().nullable(),
    previousHash: p.text().nullable(),
    insertedAt: moment(),
  },
});

/** That a workflow lost something without an edit: the step to a lock_version. */
export class WorkflowLoss extends WorkflowLossSchema.class {}
WorkflowLossSchema.setClass(WorkflowLoss);
