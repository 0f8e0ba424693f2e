import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, moment } from './columns.ts';
import { Run } from './run.ts';
import { Step } from './step.ts';

export const LogLineSchema = defineEntity({
  name: 'LogLine',
  tableName: 'log_lines',
  properties: {
    id: id(),
    run: () => p.manyToOne(Run).ref(),
    step: () => p.manyToOne(Step).ref().nullable().deleteRule('no action'),
    timestamp: moment(),
    source: p.text().nullable(),
    level: p.text().nullable(),
    message: p.text(),
    insertedAt: insertedAt(),
  },
  indexes: [{ properties: ['run', 'timestamp', 'id'] }, { properties: ['step'] }],
});

/** A line that a run logged. */
export class LogLine extends LogLineSchema.class {}
LogLineSchema.setClass(LogLine);
