import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, moment, updatedAt } from './columns.ts';
import { Dataclip } from './dataclip.ts';
import { Workflow } from './workflow.ts';
import { WorkflowSnapshot } from './workflow-snapshot.ts';

export const WorkOrderSchema = defineEntity({
  name: 'WorkOrder',
  tableName: 'work_orders',
  properties: {
    id: id(),
    /** Of the workflow; the database fills it in where it is left out. */
    projectId: p.uuid(),
    workflow: () => p.manyToOne(Workflow).ref(),
    snapshot: () => p.manyToOne(WorkflowSnapshot).ref().nullable().deleteRule('no action'),
    /** The trigger may be gone. */
    triggerId: p.uuid().nullable(),
    dataclip: () => p.manyToOne(Dataclip).ref().nullable().deleteRule('no action'),
    state: p
      .enum([
        'rejected',
        'pending',
        'running',
        'success',
        'failed',
        'crashed',
        'cancelled',
        'killed',
        'exception',
        'lost',
      ])
      .default('pending'),
    lastActivity: moment()
      .defaultRaw('now()')
      .onCreate(() => new Date()),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    { properties: ['projectId', 'insertedAt', 'id'] },
    { properties: ['projectId', 'state', 'insertedAt', 'id'] },
    { properties: ['projectId', 'lastActivity', 'id'] },
    { properties: ['workflow', 'state', 'insertedAt', 'id'] },
    { properties: ['snapshot'] },
    { properties: ['dataclip'] },
  ],
});

/** A request to run a workflow, with all attempts at it. */
export class WorkOrder extends WorkOrderSchema.class {}
WorkOrderSchema.setClass(WorkOrder);
