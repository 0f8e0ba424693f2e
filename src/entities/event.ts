import { defineEntity, p } from '@mikro-orm/core';
import { insertedAt } from './columns.ts';
import type { JsonObject } from './json.ts';

export const EventSchema = defineEntity({
  name: 'Event',
  tableName: 'events',
  properties: {
    id: p.bigint().primary().autoincrement().generated('by default as identity'),
    /** The transaction that wrote it: readers resume by what was visible, ids are not in order of commit. */
    xid: p.type('string').columnType('xid8').defaultRaw('pg_current_xact_id()'),
    projectId: p.uuid().nullable(),
    kind: p.text(),
    actorId: p.uuid().nullable(),
    data: p.json<JsonObject>().defaultRaw("'{}'"),
    insertedAt: insertedAt(),
  },
  indexes: [
    { properties: ['xid', 'id'] },
    { properties: ['projectId', 'xid', 'id'] },
    { properties: ['insertedAt'] },
  ],
});

/** Something that happened, for those who watch. Outlives the project. */
export class Event extends EventSchema.class {}
EventSchema.setClass(Event);
