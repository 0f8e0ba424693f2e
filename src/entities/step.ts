import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, moment, updatedAt } from './columns.ts';
import { Dataclip } from './dataclip.ts';
import { WorkflowSnapshot } from './workflow-snapshot.ts';

export const StepSchema = defineEntity({
  name: 'Step',
  tableName: 'steps',
  properties: {
    id: id(),
    /** Of the job, the snapshot or a run; the database fills it in where it is left out. Null while none is known. */
    projectId: p.uuid().nullable(),
    /** The job may be gone. */
    jobId: p.uuid(),
    snapshot: () => p.manyToOne(WorkflowSnapshot).ref().nullable().deleteRule('no action'),
    inputDataclip: () => p.manyToOne(Dataclip).ref().nullable().deleteRule('no action'),
    outputDataclip: () => p.manyToOne(Dataclip).ref().nullable().deleteRule('no action'),
    exitReason: p.text().nullable(),
    startedAt: moment().nullable(),
    finishedAt: moment().nullable(),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    { properties: ['projectId', 'insertedAt', 'id'] },
    { name: 'steps_without_project_index', properties: ['id'], where: 'project_id is null' },
    { properties: ['projectId', 'jobId', 'insertedAt', 'id'] },
    { properties: ['snapshot'] },
    { properties: ['inputDataclip'] },
    { properties: ['outputDataclip'] },
  ],
});

/** One execution of a job. Runs that start again in the middle share the steps before. */
export class Step extends StepSchema.class {}
StepSchema.setClass(Step);
