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
import type { Queries } from '../database/queries.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { Call } from './call.ts';
import { type Failure, invalidArgument } from './failure.ts';

/** A request that may be repeated, with its schema. */
type Repeatable<Req extends DescMessage> = readonly [
  schema: Req,
  request: MessageShape<Req> & { readonly requestId: string },
];

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
  [requestSchema, request]: Repeatable<Req>,
  responseSchema: Res,
  work: () => Promise<MessageInitShape<Res>>,
): Promise<MessageInitShape<Res>> {
  if (request.requestId === '') return await work();
  const key = keyOf(call, request.requestId);
  const digest = digestOf(requestSchema, request);
  const { rows: fresh } = await sql`
    insert into idempotency_keys (subject, method, request_id, request_hash, inserted_at)
    values (${key.subject}, ${key.method}, ${key.request_id}, ${digest}, ${unit.now.toISOString()})
    on conflict do nothing returning 1`.execute(unit.db);
  if (fresh.length === 0) {
    const answer = await keptAnswer(unit.db, key, digest, responseSchema);
    if (answer === undefined) throw reused();
    return answer;
  }

  const response = create(responseSchema, await work());
  await unit.em.flush();
  await sql`
    update idempotency_keys set response = ${Buffer.from(toBinary(responseSchema, response))}
    where subject = ${key.subject} and method = ${key.method} and request_id = ${key.request_id}`.execute(
    unit.db,
  );
  return response;
}

/**
 * The answer that {@link once} kept of an earlier call, before there is a transaction: for methods that have much to do
 * first. Undefined for a request that is not known, or that some other call answers just now.
 */
export async function earlierAnswer<Req extends DescMessage, Res extends DescMessage>(
  call: Call,
  [requestSchema, request]: Repeatable<Req>,
  responseSchema: Res,
): Promise<MessageInitShape<Res> | undefined> {
  if (request.requestId === '') return undefined;
  const key = keyOf(call, request.requestId);
  return await keptAnswer(call.read, key, digestOf(requestSchema, request), responseSchema);
}

interface Key {
  readonly subject: string;
  readonly method: string;
  readonly request_id: string;
}

function keyOf({ principal, method }: Call, requestId: string): Key {
  return { subject: principal.subject, method, request_id: requestId };
}

/** The request's id is left out: it is the key, and the same one in either case. */
function digestOf<Req extends DescMessage>(schema: Req, request: Repeatable<Req>[1]): Buffer {
  return createHash('sha256')
    .update(toBinary(schema, { ...request, requestId: '' }))
    .digest();
}

async function keptAnswer<Res extends DescMessage>(
  db: Queries,
  key: Key,
  digest: Buffer,
  responseSchema: Res,
): Promise<MessageInitShape<Res> | undefined> {
  const first = await db
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'response'])
    .where('subject', '=', key.subject)
    .where('method', '=', key.method)
    .where('request_id', '=', key.request_id)
    .executeTakeFirst();
  if (first === undefined) return undefined;
  if (!digest.equals(first.request_hash) || first.response === null) throw reused();
  return fromBinary(responseSchema, first.response);
}

function reused(): Failure {
  return invalidArgument(
    [{ field: 'request_id', description: 'was used before with another request; use a new UUID' }],
    'REQUEST_ID_REUSED',
  );
}
