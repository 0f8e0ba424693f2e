import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, updatedAt } from './columns.ts';
import { Job } from './job.ts';
import type { JsonObject } from './json.ts';
import { Workflow } from './workflow.ts';

export const TriggerSchema = defineEntity({
  name: 'Trigger',
  tableName: 'triggers',
  properties: {
    id: id(),
    workflow: () => p.manyToOne(Workflow).ref().deleteRule('cascade'),
    type: p.enum(['webhook', 'cron', 'kafka']).default('webhook'),
    enabled: p.boolean().default(true),
    /** Scheduling the project's deletion disabled it; a cancellation can enable it again. */
    enabledBeforeDeletion: p.boolean().default(false),
    comment: p.text().nullable(),
    /** Path of the webhook; unique across the service. */
    customPath: p.text().nullable(),
    cronExpression: p.text().nullable(),
    /** The job whose last output starts the next run; of the same workflow. */
    cronCursorJob: () => p.manyToOne(Job).ref().nullable().createForeignKeyConstraint(false),
    webhookReply: p.text().nullable(),
    webhookResponseConfig: p.json<JsonObject>().nullable(),
    /** Holds a password: reads must leave that out. */
    kafkaConfiguration: p.json<JsonObject>().nullable(),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  indexes: [{ properties: ['workflow', 'cronCursorJob'] }],
  uniques: [
    { properties: ['workflow', 'id'] },
    { properties: ['customPath'], where: 'custom_path is not null' },
  ],
});

/** What starts a workflow. */
export class Trigger extends TriggerSchema.class {}
TriggerSchema.setClass(Trigger);
