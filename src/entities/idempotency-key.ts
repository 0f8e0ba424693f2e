import { defineEntity, p } from '@mikro-orm/core';
import { insertedAt } from './columns.ts';

export const IdempotencyKeySchema = defineEntity({
  name: 'IdempotencyKey',
  tableName: 'idempotency_keys',
  properties: {
    subject: p.text().primary(),
    method: p.text().primary(),
    requestId: p.uuid().primary(),
    /** SHA-256 of the request. */
    requestHash: p.uint8array(),
    /** The first answer; null while it is being made. */
    response: p.uint8array().nullable(),
    insertedAt: insertedAt(),
  },
  indexes: [{ properties: ['insertedAt'] }],
});

/** A request that is safe to repeat, and its answer. */
export class IdempotencyKey extends IdempotencyKeySchema.class {}
IdempotencyKeySchema.setClass(IdempotencyKey);
