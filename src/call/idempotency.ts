import { createHash } from 'node:crypto';
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { Call } from './call.ts';
import { invalidArgument } from './failure.ts';

/**
 * Makes a change safe to repeat (AIP-155): the first call with a `request_id` does the work and its answer is kept;
 * a repeat by the same principal gets that answer and changes nothing, also while the first one still runs.
 * The same id with another request is an INVALID_ARGUMENT. Without a `request_id` the work is simply done.
 *
 * Relies on the primary key of `idempotency_keys`: the second insert waits for the first one's transaction.
 */
export async function once<Req extends DescMessage, Res extends DescMessage>(
  call: Call,
  unit: UnitOfWork,
  [requestSchema, request]: readonly [Req, MessageShape<Req> & { readonly requestId: string }],
  responseSchema: Res,
  work: () => Promise<MessageInitShape<Res>>,
): Promise<MessageInitShape<Res>> {
  if (request.requestId === '') return await work();
  const key = { subject: call.principal.subject, method: call.method, request_id: request.requestId };
  const digest = createHash('sha256').update(toBinary(requestSchema, request)).digest();
  const { rows: fresh } = await sql`
    insert into idempotency_keys (subject, method, request_id, request_hash, inserted_at)
    values (${key.subject}, ${key.method}, ${key.request_id}, ${digest}, ${unit.now.toISOString()})
    on conflict do nothing returning 1`.execute(unit.db);
  if (fresh.length === 0) return await repeat(unit, key, digest, responseSchema);

  const response = create(responseSchema, await work());
  await unit.em.flush();
  await sql`
    update idempotency_keys set response = ${Buffer.from(toBinary(responseSchema, response))}
    where subject = ${key.subject} and method = ${key.method} and request_id = ${key.request_id}`.execute(
    unit.db,
  );
  return response;
}

async function repeat<Res extends DescMessage>(
  unit: UnitOfWork,
  key: { readonly subject: string; readonly method: string; readonly request_id: string },
  digest: Buffer,
  responseSchema: Res,
): Promise<MessageInitShape<Res>> {
  const first = await unit.db
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'response'])
    .where('subject', '=', key.subject)
    .where('method', '=', key.method)
    .where('request_id', '=', key.request_id)
    .executeTakeFirstOrThrow();
  if (!digest.equals(first.request_hash) || first.response === null) {
    throw invalidArgument(
      [{ field: 'request_id', description: 'was used before with another request; use a new UUID' }],
      'REQUEST_ID_REUSED',
    );
  }
  return fromBinary(responseSchema, first.response);
}
