import { create, fromJson, type JsonObject, type JsonValue } from '@bufbuild/protobuf';
import { type Value, ValueSchema } from '@bufbuild/protobuf/wkt';
import { toTimestamp } from '../database/timestamp.ts';
import {
  type AuditChange,
  AuditChangeSchema,
  type AuditEvent,
  AuditEventSchema,
} from '../gen/lightning/projects/v1/audit_event_pb.ts';

export interface AuditEventRow {
  readonly id: string;
  readonly kind: string;
  readonly item_type: string;
  readonly item_id: string;
  readonly project_id: string | null;
  readonly actor_id: string | null;
  readonly service: string | null;
  readonly method: string;
  readonly request_id: string | null;
  /** Null where the page ended before. */
  readonly changes: JsonObject | null;
  readonly inserted_at: string;
}

export function auditEventMessage(row: AuditEventRow): AuditEvent {
  return create(AuditEventSchema, {
    id: row.id,
    kind: row.kind,
    itemType: row.item_type,
    itemId: row.item_id,
    projectId: row.project_id ?? '',
    actorUserId: row.actor_id ?? '',
    service: row.service ?? '',
    method: row.method,
    requestId: row.request_id ?? '',
    changes: Object.entries(row.changes ?? {}).map(changeMessage),
    insertedAt: toTimestamp(row.inserted_at),
  });
}

/** A field's change as it is kept: its values under `before` and `after`, or, of what has no past, the value alone. */
function changeMessage([field, change]: [string, JsonValue]): AuditChange {
  const { before, after } = isChange(change) ? change : { after: change };
  return create(AuditChangeSchema, { field, before: value(before), after: value(after) });
}

function isChange(change: JsonValue): change is { before?: JsonValue; after?: JsonValue } {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return false;
  const keys = Object.keys(change);
  return keys.length > 0 && keys.every((key) => key === 'before' || key === 'after');
}

function value(json: JsonValue | undefined): Value | undefined {
  return json === undefined || json === null ? undefined : fromJson(ValueSchema, json);
}
