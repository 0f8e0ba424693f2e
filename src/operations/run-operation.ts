import type { MikroORM } from '@mikro-orm/postgresql';
import { type RawBuilder, sql } from 'kysely';
import type { Logger } from 'pino';
import { z } from 'zod';
import { runChange } from '../database/change.ts';
import { Queries } from '../database/queries.ts';
import type { Author, UnitOfWork } from '../database/unit-of-work.ts';
import { ErrorInfoSchema } from '../gen/google/rpc/error_details_pb.ts';
import type { JobTask } from '../jobs/job-task.ts';
import { toConnectError } from '../rpc/errors.ts';
import { loggable } from '../rpc/loggable-error.ts';
import { type LongWork, NoLongerWanted, type Step } from './long-work.ts';
import type { LongWorkKind } from './operation-names.ts';
import { queueTurn } from './start-operation.ts';

/** What is to be done for a project, by the kind of the operation. */
export type LongWorks = Readonly<Record<LongWorkKind, (projectId: string) => LongWork>>;

/**
 * Milliseconds after which an operation goes to the end of the queue again, so that long ones take turns, mails get
 * through between them, and a worker that is to stop need not wait for long.
 */
const TURN_MS = 1500;
/** Milliseconds that counting may take: the work waits for it, and it only tells how much there is. */
const COUNT_MS = 10_000;
/** Seconds from a failed attempt to the next one: of the second and of the third. */
const PAUSES = [2, 10];

const Payload = z.object({ operationId: z.guid() });

export interface OperationTimes {
  /** Default: {@link TURN_MS}. */
  readonly turnMs?: number;
  /** Default: {@link COUNT_MS}. */
  readonly countMs?: number;
}

/**
 * The task that runs operations, turn by turn. Whatever is known of one stands in its row, and each batch counts itself
 * there in its own transaction: a worker that dies loses at most the batch in hand, and any other goes on.
 */
export function runOperation(
  orm: MikroORM,
  works: LongWorks,
  log: Logger,
  { turnMs = TURN_MS, countMs = COUNT_MS }: OperationTimes = {},
): JobTask {
  const inHand = new WorkInHand();
  return async (payload, signal) => {
    const { operationId } = Payload.parse(payload);
    const claimed = await claim(orm, operationId, signal);
    const begun = inHand.take(operationId);
    if (claimed === undefined) return;
    const { kind, author } = claimed;
    const change: Change = (work) => runChange(orm, author, signal, work);
    try {
      const work = begun ?? { ...works[kind](claimed.projectId), at: 0 };
      if (!claimed.isCounted) {
        const total = await countWithin(countMs, work, orm, signal);
        await change((unit) => set(unit, operationId, sql`total_units = greatest(${total}, done_units)`));
      }
      const outcome = await takeTurn(operationId, work, turnMs, change);
      if (outcome === 'to_go_on') inHand.keep(operationId, work);
      else log.info({ operation: operationId, kind, outcome }, 'an operation ended');
    } catch (error) {
      // A worker that stops has nothing to say of the work: it is tried again as it was.
      signal.throwIfAborted();
      const state = await change((unit) => keepFailure(unit, operationId, error));
      log.warn(
        { operation: operationId, kind, state, err: loggable(error) },
        'an attempt at an operation failed',
      );
    }
  };
}

/** How many rows there are to do; 0 when that takes too long to find out: then the total grows with what is done. */
async function countWithin(ms: number, work: LongWork, orm: MikroORM, signal: AbortSignal): Promise<number> {
  const late = AbortSignal.timeout(ms);
  try {
    return await work.count(new Queries(orm.em.getKysely(), AbortSignal.any([signal, late])));
  } catch (error) {
    if (late.aborted && !signal.aborted) return 0;
    throw error;
  }
}

/** Work and the step that it has come to. */
interface BegunWork extends LongWork {
  at: number;
}

/**
 * What this process knows of operations between their turns. Nothing that is needed: without it the steps are asked
 * again from the first one on, which takes time when much is kept that must be looked at.
 */
class WorkInHand {
  static readonly #most = 1000;
  readonly #begun = new Map<string, BegunWork>();

  take(id: string): BegunWork | undefined {
    const work = this.#begun.get(id);
    this.#begun.delete(id);
    return work;
  }

  keep(id: string, work: BegunWork): void {
    this.#begun.set(id, work);
    // Operations that others have gone on with: the oldest is forgotten.
    const [oldest] = this.#begun.keys();
    if (this.#begun.size > WorkInHand.#most && oldest !== undefined) this.#begun.delete(oldest);
  }
}

interface Claimed {
  readonly kind: LongWorkKind;
  readonly projectId: string;
  readonly author: Author;
  readonly isCounted: boolean;
}

/** Takes an operation in hand: a new attempt, unless it was under way. Undefined when it has ended. */
async function claim(orm: MikroORM, id: string, signal: AbortSignal): Promise<Claimed | undefined> {
  const { rows } = await sql<Claimed>`
    update operations set
      attempts = attempts + (state = 'pending')::integer,
      started_at = case when state = 'pending' then now() else started_at end,
      state = 'running',
      updated_at = now()
    where id = ${id} and state in ('pending', 'running')
    returning kind, project_id as "projectId", input as author, total_units is not null as "isCounted"`.execute(
    new Queries(orm.em.getKysely(), signal),
  );
  return rows[0];
}

type Change = <T>(work: (unit: UnitOfWork) => Promise<T>) => Promise<T>;
type Outcome = 'succeeded' | 'cancelled' | 'to_go_on';

/** Does batch after batch until all is done, or the operation is stopped, or the turn is over. */
async function takeTurn(id: string, work: BegunWork, turnMs: number, change: Change): Promise<Outcome> {
  const end = performance.now() + turnMs;
  for (let step = work.steps[work.at]; step !== undefined; step = work.steps[work.at]) {
    if (performance.now() > end) {
      await change(async (unit) => queueTurn(unit, id));
      return 'to_go_on';
    }
    const rows = await wantedBatch(id, step, change);
    if (rows === 'cancelled') return rows;
    if (rows === 0) work.at += 1;
  }
  await change((unit) => finish(unit, id, 'succeeded'));
  return 'succeeded';
}

async function wantedBatch(id: string, step: Step, change: Change): Promise<number | 'cancelled'> {
  try {
    return await change((unit) => batch(unit, id, step));
  } catch (error) {
    if (!(error instanceof NoLongerWanted)) throw error;
    await change((unit) => finish(unit, id, 'cancelled'));
    return 'cancelled';
  }
}

/** One batch, unless somebody wants the operation stopped. The lock on its row keeps two workers from one operation. */
async function batch(unit: UnitOfWork, id: string, step: Step): Promise<number | 'cancelled'> {
  const { rows } = await sql<{ readonly isWanted: boolean }>`
    select state = 'running' and cancel_requested_at is null as "isWanted"
    from operations where id = ${id} for no key update`.execute(unit.db);
  if (rows[0]?.isWanted !== true) {
    await finish(unit, id, 'cancelled');
    return 'cancelled';
  }
  const done = await step(unit);
  if (done > 0) {
    await set(
      unit,
      id,
      sql`done_units = done_units + ${done}, total_units = greatest(total_units, done_units + ${done}),
          attempts = 1, error_code = null, error_reason = null, error_message = null`,
    );
  }
  return done;
}

async function set(unit: UnitOfWork, id: string, assignments: RawBuilder<unknown>): Promise<void> {
  await sql`update operations set ${assignments}, updated_at = ${unit.now} where id = ${id}`.execute(unit.db);
}

/** Does nothing to an operation that has ended. */
async function finish(unit: UnitOfWork, id: string, state: 'succeeded' | 'cancelled'): Promise<void> {
  await sql`
    update operations set state = ${state}, finished_at = ${unit.now}, updated_at = ${unit.now},
      total_units = case when ${state === 'succeeded'} then done_units else total_units end,
      error_code = null, error_reason = null, error_message = null
    where id = ${id} and state in ('pending', 'running')`.execute(unit.db);
}

/** Keeps why an attempt failed; queues the next one, unless it was the last. */
async function keepFailure(
  unit: UnitOfWork,
  id: string,
  error: unknown,
): Promise<'pending' | 'failed' | undefined> {
  const failure = toConnectError(error, id, 'connect');
  const reason = failure.findDetails(ErrorInfoSchema)[0]?.reason ?? 'INTERNAL';
  const { rows } = await sql<{ readonly state: 'pending' | 'failed'; readonly attempts: number }>`
    update operations set
      state = case when attempts < max_attempts then 'pending' else 'failed' end,
      finished_at = case when attempts < max_attempts then null else ${unit.now}::timestamptz end,
      error_code = ${failure.code}, error_reason = ${reason}, error_message = ${failure.rawMessage}, updated_at = ${unit.now}
    where id = ${id} and state in ('pending', 'running')
    returning state, attempts`.execute(unit.db);
  const [kept] = rows;
  if (kept?.state === 'pending') {
    const pause = PAUSES[kept.attempts - 1] ?? PAUSES.at(-1) ?? 0;
    queueTurn(unit, id, pause * 1000);
  }
  return kept?.state;
}
