import { defineEntity, p } from '@mikro-orm/core';
import { id, insertedAt, moment, updatedAt } from './columns.ts';
import type { JsonObject } from './json.ts';

export const OperationSchema = defineEntity({
  name: 'Operation',
  tableName: 'operations',
  properties: {
    id: id(),
    kind: p.text(),
    projectId: p.uuid().nullable(),
    /** As it was called when the operation was started. */
    projectName: p.text().nullable(),
    actorId: p.uuid().nullable(),
    state: p.enum(['pending', 'running', 'succeeded', 'failed', 'cancelled']).default('pending'),
    input: p.json<JsonObject>().defaultRaw("'{}'"),
    result: p.json<JsonObject>().nullable(),
    /** Number of the canonical status code. */
    errorCode: p.integer().nullable(),
    errorReason: p.text().nullable(),
    errorMessage: p.text().nullable(),
    doneUnits: p.bigint().defaultRaw('0'),
    /** Null until it is known. */
    totalUnits: p.bigint().nullable(),
    attempts: p.integer().default(0),
    maxAttempts: p.integer().default(1),
    /** Not to be started before. */
    runAt: moment()
      .defaultRaw('now()')
      .onCreate(() => new Date()),
    cancelRequestedAt: moment().nullable(),
    startedAt: moment().nullable(),
    finishedAt: moment().nullable(),
    insertedAt: insertedAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    { properties: ['kind', 'insertedAt', 'id'] },
    { properties: ['projectId', 'insertedAt', 'id'] },
    { properties: ['actorId', 'insertedAt', 'id'] },
  ],
  uniques: [
    {
      name: 'operations_under_way_index',
      properties: ['projectId', 'kind'],
      where: "state in ('pending', 'running') and kind <> 'send_mail'",
    },
  ],
});

/** Long work that goes on when the call that began it has been answered. */
export class Operation extends OperationSchema.class {}
OperationSchema.setClass(Operation);
