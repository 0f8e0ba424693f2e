import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, updatedAt } from './columns.ts';
import { Job } from './job.ts';
import { Trigger } from './trigger.ts';
import { Workflow } from './workflow.ts';

export const WorkflowEdgeSchema = defineEntity({
  name: 'WorkflowEdge',
  tableName: 'workflow_edges',
  properties: {
    id: id(),
    workflow: () => p.manyToOne(Workflow).ref().deleteRule('cascade'),
    sourceJob: () => p.manyToOne(Job).ref().nullable().createForeignKeyConstraint(false),
    sourceTrigger: () => p.manyToOne(Trigger).ref().nullable().createForeignKeyConstraint(false),
    targetJob: () => p.manyToOne(Job).ref().createForeignKeyConstraint(false),
    conditionType: p.enum(['always', 'on_job_success', 'on_job_failure', 'js_expression']).default('always'),
    conditionExpression: p.text().nullable(),
    conditionLabel: p.text().nullable(),
    enabled: p.boolean().default(true),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    { properties: ['workflow', 'id'] },
    { properties: ['workflow', 'sourceJob'] },
    { properties: ['workflow', 'sourceTrigger'] },
    { properties: ['workflow', 'targetJob'] },
  ],
  checks: [
    {
      name: 'workflow_edges_source_check',
      expression: '(source_job_id is null) <> (source_trigger_id is null)',
    },
  ],
});

/** A path from a trigger or a job, never both, to a job of the same workflow. */
export class WorkflowEdge extends WorkflowEdgeSchema.class {}
WorkflowEdgeSchema.setClass(WorkflowEdge);
