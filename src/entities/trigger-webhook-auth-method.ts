import { defineEntity, p } from '@mikro-orm/core';
import { insertedAt } from './columns.ts';
import { Trigger } from './trigger.ts';
import { WebhookAuthMethod } from './webhook-auth-method.ts';

export const TriggerWebhookAuthMethodSchema = defineEntity({
  name: 'TriggerWebhookAuthMethod',
  tableName: 'trigger_webhook_auth_methods',
  properties: {
    trigger: () => p.manyToOne(Trigger).ref().primary().deleteRule('cascade').updateRule('no action'),
    webhookAuthMethod: () =>
      p.manyToOne(WebhookAuthMethod).ref().primary().deleteRule('no action').updateRule('no action'),
    insertedAt: insertedAt(),
  },
  indexes: [{ properties: ['webhookAuthMethod'] }],
});

/** A way of authentication that a trigger accepts. */
export class TriggerWebhookAuthMethod extends TriggerWebhookAuthMethodSchema.class {}
TriggerWebhookAuthMethodSchema.setClass(TriggerWebhookAuthMethod);
