import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Failure } from '../../src/call/failure.ts';
import type { Queries } from '../../src/database/queries.ts';
import type { Operation } from '../../src/gen/lightning/projects/v1/operation_pb.ts';
import { OperationState } from '../../src/gen/lightning/projects/v1/operation_pb.ts';
import { OperationsService } from '../../src/gen/lightning/projects/v1/operations_service_pb.ts';
import type { JobRunner } from '../../src/jobs/job-runner.ts';
import { NoLongerWanted } from '../../src/operations/long-work.ts';
import { endedOperation } from '../support/ended-operation.ts';
import { jobsDone, queuedJobs } from '../support/jobs.ts';
import { waitingStatements } from '../support/rival.ts';
import { rows } from '../support/rows.ts';
import { deletingDataclips, type Operations, openOperations } from './operations-fixture.ts';

let operations: Operations;
beforeAll(async () => {
  operations = await openOperations();
});
afterAll(() => operations[Symbol.asyncDispose]());

const client = () => operations.service.client(OperationsService, operations.service.admin);

async function read(id: string): Promise<Operation> {
  const { operation } = await client().getOperation({ id });
  if (operation === undefined) throw new Error('no operation');
  return operation;
}

async function left(projectId: string): Promise<number> {
  const [row] = await rows<{ left: number }>(
    operations.service,
    'select count(*)::int as left from dataclips where project_id = $1',
    [projectId],
  );
  return row?.left ?? -1;
}

/** Seconds until the turn of an operation. */
async function dueIn(id: string | undefined): Promise<number | undefined> {
  const jobs = await queuedJobs(operations.service);
  return jobs.find(({ payload }) => payload.operationId === id)?.due_in;
}

const ended = (id: string) => endedOperation(operations.service, id);

describe('An operation', () => {
  it('counts its rows batch by batch, and ends with all done', async () => {
    const projectId = await operations.projectWith(35);
    const [started] = await operations.start([projectId]);
    expect(started).toMatchObject({ state: 'pending', done_units: '0', attempts: 0, max_attempts: 3 });
    const seen: bigint[] = [];
    const runner = operations.work((id) =>
      deletingDataclips(id, async () => {
        seen.push((await read(started?.id ?? '')).done);
        return 0;
      }),
    );
    const operation = await ended(started?.id ?? '');
    await runner.stop();

    expect(seen).toEqual([0n, 10n, 20n, 30n, 35n]);
    expect(operation).toMatchObject({ state: OperationState.SUCCEEDED, done: 35n, total: 35n, attempt: 1 });
    expect(operation.error).toBeUndefined();
    expect(await left(projectId)).toBe(0);
  });

  it('does not wait for a count that takes too long: its total is what is done', async () => {
    const projectId = await operations.projectWith(25);
    const [started] = await operations.start([projectId]);
    const count = async (read: Queries) => {
      await sql`select pg_sleep(60)`.execute(read);
      return 25;
    };
    const runner = operations.work((id) => ({ ...deletingDataclips(id), count }), { countMs: 100 });
    const operation = await ended(started?.id ?? '');
    await runner.stop();

    expect(operation).toMatchObject({ state: OperationState.SUCCEEDED, done: 25n, total: 25n, attempt: 1 });
  });

  it('is one a project and kind until it has ended, however often it is asked for at once', async () => {
    const projectIds = [await operations.projectWith(1), await operations.projectWith(1)];
    const asked = await Promise.all(Array.from({ length: 20 }, () => operations.start(projectIds)));
    const ids = new Set(asked.map((started) => JSON.stringify(started.map(({ id }) => id))));
    expect(ids.size).toBe(1);
    expect(asked[0]?.map(({ project_id }) => project_id)).toEqual(projectIds);
    expect(await queuedJobs(operations.service)).toHaveLength(2);

    const runner = operations.work((id) => deletingDataclips(id));
    await jobsDone(operations.service);
    await runner.stop();
    const again = await operations.start(projectIds);
    expect(again[0]?.id).not.toBe(asked[0]?.[0]?.id);
    const other = await operations.start(projectIds, { kind: 'enforce_retention' });
    expect(other[0]?.id).not.toBe(again[0]?.id);
    for (const { id } of [...again, ...other]) await client().cancelOperation({ id });
  });

  it('does not begin before its time', async () => {
    const projectId = await operations.projectWith(1);
    const [started] = await operations.start([projectId], { afterMs: 3_600_000 });
    expect(await dueIn(started?.id)).toBeGreaterThan(3500);
    await client().cancelOperation({ id: started?.id ?? '' });
  });

  it('is due at once also where the clock of who starts it runs ahead of the database’s', async () => {
    const projectId = await operations.projectWith(1);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    const [started] = await operations.start([projectId]).finally(() => vi.useRealTimers());
    expect(await dueIn(started?.id)).toBeLessThanOrEqual(0);
    await client().cancelOperation({ id: started?.id ?? '' });
  });

  it('goes on after a failure, says why meanwhile, and fails with the third in a row', async () => {
    const projectId = await operations.projectWith(20);
    const [started] = await operations.start([projectId]);
    const id = started?.id ?? '';
    let fails = 0;
    const failing = (projectIdOfIt: string) =>
      deletingDataclips(projectIdOfIt, async () => {
        // The first batch succeeds: what failed before it counts for nothing.
        if (fails === 1 && (await left(projectIdOfIt)) === 20) return 0;
        fails += 1;
        throw new Failure('failed_precondition', 'A_REASON', 'the reason in words');
      });
    const runner = operations.work(failing);
    await expect.poll(() => read(id)).toMatchObject({ state: OperationState.PENDING, attempt: 1 });
    const waiting = await read(id);
    expect(waiting.error).toMatchObject({ code: 9, reason: 'A_REASON', message: 'the reason in words' });
    expect(waiting.finishedAt).toBeUndefined();

    const operation = await ended(id);
    await runner.stop();
    expect(operation).toMatchObject({ state: OperationState.FAILED, attempt: 3, maxAttempts: 3, done: 10n });
    expect(operation.error).toMatchObject({ code: 9, reason: 'A_REASON' });
    expect(fails).toBe(4);
    expect(await left(projectId)).toBe(10);

    const [again] = await operations.start([projectId]);
    const other = operations.work((projectIdOfIt) => deletingDataclips(projectIdOfIt));
    expect(await ended(again?.id ?? '')).toMatchObject({ state: OperationState.SUCCEEDED, done: 10n });
    await other.stop();
  });

  it('tells nobody what an error was that nobody foresaw', async () => {
    const [started] = await operations.start([await operations.projectWith(1)]);
    const runner = operations.work((id) =>
      deletingDataclips(id, () => Promise.reject(new Error('a secret of the database'))),
    );
    const { error } = await ended(started?.id ?? '');
    await runner.stop();
    expect(error).toMatchObject({ code: 13, reason: 'INTERNAL' });
    expect(error?.message).not.toContain('secret');
  });

  it('ends as cancelled when its work has become pointless', async () => {
    const projectId = await operations.projectWith(1);
    const [started] = await operations.start([projectId]);
    const runner = operations.work((id) => deletingDataclips(id, () => Promise.reject(new NoLongerWanted())));
    expect(await ended(started?.id ?? '')).toMatchObject({ state: OperationState.CANCELLED, done: 0n });
    await runner.stop();
    expect(await left(projectId)).toBe(1);
  });

  it('that is cancelled stops after the batch in hand', async () => {
    const projectId = await operations.projectWith(1000);
    const [started] = await operations.start([projectId]);
    const id = started?.id ?? '';
    let cancelling: Promise<unknown> | undefined;
    const runner = operations.work((projectIdOfIt) =>
      deletingDataclips(projectIdOfIt, async () => {
        if ((await left(projectIdOfIt)) === 990) {
          cancelling ??= client().cancelOperation({ id });
          // It waits for the batch, which has the row; on a busy machine another batch or two may overtake it.
          await expect.poll(() => waitingStatements(operations.service)).toBe(1);
        }
        return 0;
      }),
    );
    const operation = await ended(id);
    await cancelling;
    await runner.stop();
    expect(operation.state).toBe(OperationState.CANCELLED);
    expect(operation.cancellable).toBe(false);
    expect(Number(operation.done)).toBe(1000 - (await left(projectId)));
    expect(await left(projectId)).toBeGreaterThan(0);
    expect(operation.total).toBe(1000n);
  });

  it('takes turns with others when it is long', async () => {
    const [started] = await operations.start([await operations.projectWith(100)]);
    const turns = new Set<string>();
    const runner = operations.work(
      (projectId) =>
        deletingDataclips(projectId, async () => {
          for (const { id } of await queuedJobs(operations.service)) turns.add(id);
          return 0;
        }),
      // Shorter than a batch.
      { turnMs: 1 },
    );
    const operation = await ended(started?.id ?? '');
    await runner.stop();

    expect(operation).toMatchObject({ state: OperationState.SUCCEEDED, done: 100n, attempt: 1 });
    expect(turns.size).toBeGreaterThan(1);
  });

  it('is taken over from a worker that stopped, where that left it', async () => {
    const projectId = await operations.projectWith(1500);
    const [started] = await operations.start([projectId]);
    const id = started?.id ?? '';
    const first: JobRunner = operations.work((projectIdOfIt) => deletingDataclips(projectIdOfIt));
    await expect.poll(() => left(projectId)).toBeLessThan(1500);
    await first.stop();
    const done = (await read(id)).done;
    expect(Number(done)).toBe(1500 - (await left(projectId)));
    const second = operations.work((projectIdOfIt) => deletingDataclips(projectIdOfIt));
    expect(await ended(id)).toMatchObject({ state: OperationState.SUCCEEDED, done: 1500n, attempt: 1 });
    await second.stop();
  });

  it('that kills every process that is at it ends as failed', async () => {
    const projectId = await operations.projectWith(1);
    const [started] = await operations.start([projectId]);
    await rows(operations.service, 'update operations set state = $1 where id = $2', [
      'running',
      started?.id,
    ]);
    await rows(
      operations.service,
      'update graphile_worker._private_jobs set attempts = max_attempts where payload ->> $1 = $2',
      ['operationId', started?.id],
    );
    const runner = operations.work((id) => deletingDataclips(id));
    expect(await ended(started?.id ?? '')).toMatchObject({
      state: OperationState.FAILED,
      error: { reason: 'INTERNAL' },
    });
    await runner.stop();
    expect(await left(projectId)).toBe(1);
  });
});
