import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, sortableText, updatedAt } from './columns.ts';
import { Project } from './project.ts';

export const WebhookAuthMethodSchema = defineEntity({
  name: 'WebhookAuthMethod',
  tableName: 'webhook_auth_methods',
  properties: {
    id: id(),
    project: () => p.manyToOne(Project).ref(),
    name: sortableText(),
    type: p.enum(['basic', 'api']),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  uniques: [{ properties: ['project', 'name'] }],
});

/** How callers of a webhook prove who they are; the secret is kept elsewhere. */
export class WebhookAuthMethod extends WebhookAuthMethodSchema.class {}
WebhookAuthMethodSchema.setClass(WebhookAuthMethod);
