import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt } from './columns.ts';
import { Run } from './run.ts';
import { Step } from './step.ts';

export const RunStepSchema = defineEntity({
  name: 'RunStep',
  tableName: 'run_steps',
  properties: {
    id: id(),
    run: () => p.manyToOne(Run).ref(),
    step: () => p.manyToOne(Step).ref(),
    insertedAt: insertedAt(),
  },
  indexes: [{ properties: ['step'] }],
  uniques: [{ properties: ['run', 'step'] }],
});

/** A step's part in a run. */
export class RunStep extends RunStepSchema.class {}
RunStepSchema.setClass(RunStep);
