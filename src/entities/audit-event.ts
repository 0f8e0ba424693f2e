import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt } from './columns.ts';
import type { JsonObject } from './json.ts';

export const AuditEventSchema = defineEntity({
  name: 'AuditEvent',
  tableName: 'audit_events',
  properties: {
    id: id(),
    kind: p.text(),
    itemType: p.text(),
    itemId: p.uuid(),
    projectId: p.uuid().nullable(),
    actorId: p.uuid().nullable(),
    /** Subject of the service that acted. */
    service: p.text().nullable(),
    method: p.text(),
    requestId: p.text().nullable(),
    /** Field by field, before and after. */
    changes: p.json<JsonObject>().defaultRaw("'{}'"),
    insertedAt: insertedAt(),
  },
  indexes: [
    { properties: ['kind', 'insertedAt', 'id'] },
    { properties: ['projectId', 'kind', 'insertedAt', 'id'] },
    { properties: ['projectId', 'insertedAt', 'id'] },
    { properties: ['actorId', 'insertedAt', 'id'] },
  ],
});

/** Who changed what. Append-only, and outlives what it describes. */
export class AuditEvent extends AuditEventSchema.class {}
AuditEventSchema.setClass(AuditEvent);
