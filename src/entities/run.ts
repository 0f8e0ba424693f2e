import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, moment, updatedAt } from './columns.ts';
import { Dataclip } from './dataclip.ts';
import { WorkOrder } from './work-order.ts';
import { WorkflowSnapshot } from './workflow-snapshot.ts';

export const RunSchema = defineEntity({
  name: 'Run',
  tableName: 'runs',
  properties: {
    id: id(),
    /** Of the work order, as the workflow; the database fills both in where they are left out. */
    projectId: p.uuid(),
    workflowId: p.uuid(),
    workOrder: () => p.manyToOne(WorkOrder).ref(),
    snapshot: () => p.manyToOne(WorkflowSnapshot).ref().nullable().deleteRule('no action'),
    /** The job or the trigger may be gone. */
    startingJobId: p.uuid().nullable(),
    startingTriggerId: p.uuid().nullable(),
    dataclip: () => p.manyToOne(Dataclip).ref().nullable().deleteRule('no action'),
    state: p
      .enum([
        'available',
        'claimed',
        'started',
        'success',
        'failed',
        'crashed',
        'cancelled',
        'killed',
        'exception',
        'lost',
      ])
      .default('available'),
    /** 0 at once, 1 in turn. */
    priority: p.smallint().default(1),
    startedAt: moment().nullable(),
    finishedAt: moment().nullable(),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    { properties: ['projectId', 'insertedAt', 'id'] },
    { properties: ['projectId', 'state', 'insertedAt', 'id'] },
    { properties: ['workflowId', 'state', 'insertedAt', 'id'] },
    { properties: ['workOrder', 'insertedAt', 'id'] },
    { properties: ['snapshot'] },
    { properties: ['dataclip'] },
  ],
  checks: [{ name: 'runs_priority_check', expression: 'priority in (0, 1)' }],
});

/** One attempt at a work order. */
export class Run extends RunSchema.class {}
RunSchema.setClass(Run);
