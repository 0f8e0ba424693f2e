import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperationState } from '../../src/gen/lightning/projects/v1/operation_pb.ts';
import { OperationsService } from '../../src/gen/lightning/projects/v1/operations_service_pb.ts';
import type { Step } from '../../src/operations/long-work.ts';
import { operationStates } from '../../src/operations/operation-names.ts';
import { refusal } from '../support/refusal.ts';
import { waitingStatements } from '../support/rival.ts';
import { rows } from '../support/rows.ts';
import { deletingDataclips, type Operations, openOperations } from './operations-fixture.ts';

const CLIENTS = 20;

let operations: Operations;
beforeAll(async () => {
  operations = await openOperations();
});
afterAll(() => operations[Symbol.asyncDispose]());

/** Cancels an operation by many at once; the state that each was answered, or why it was refused. */
async function cancelByAll(id: string): Promise<(string | undefined)[]> {
  const { service } = operations;
  return await Promise.all(
    Array.from({ length: CLIENTS }, async (_, index) => {
      const way = index % 2 === 0 ? 'client' : 'httpClient';
      const call = service[way](OperationsService, service.admin).cancelOperation({ id });
      return call.then(
        ({ operation }) => operationStates.name(operation?.state ?? 0),
        async () => (await refusal(call)).reason,
      );
    }),
  );
}

async function stateOf(id: string): Promise<OperationState | undefined> {
  const client = operations.service.client(OperationsService, operations.service.admin);
  return (await client.getOperation({ id })).operation?.state;
}

async function timesTold(id: string): Promise<number> {
  const told = await rows(
    operations.service,
    `select from audit_events where item_id = $1 and kind = 'operation_cancelled'`,
    [id],
  );
  return told.length;
}

async function anOperation(afterMs = 0): Promise<string> {
  const projectId = await operations.projectWith(30);
  const [started] = await operations.start([projectId], { afterMs });
  return started?.id ?? '';
}

/** A worker that waits in the first batch of whatever it takes in hand. */
function aSlowWorker() {
  const [begun, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const wait: Step = async () => {
    begun.resolve();
    await released.promise;
    return 0;
  };
  const runner = operations.work((projectId) => deletingDataclips(projectId, wait));
  return { runner, begun: begun.promise, release: released.resolve };
}

describe(`An operation that ${CLIENTS} cancel at once`, () => {
  it('while it waits ends by one of them; the others hear that it has ended', async () => {
    const id = await anOperation(3_600_000);
    const answers = await cancelByAll(id);
    expect(answers.toSorted()).toEqual([...Array(CLIENTS - 1).fill('OPERATION_FINISHED'), 'cancelled']);
    expect(await timesTold(id)).toBe(1);
  });

  it('while it runs is stopped after its batch, told once', async () => {
    const id = await anOperation();
    const worker = aSlowWorker();
    await worker.begun;
    // They wait for the batch, which has the row.
    const cancelling = cancelByAll(id);
    await expect.poll(() => waitingStatements(operations.service)).toBeGreaterThan(0);
    worker.release();
    for (const answer of await cancelling) expect(['running', 'OPERATION_FINISHED']).toContain(answer);
    await expect.poll(() => stateOf(id)).toBe(OperationState.CANCELLED);
    await worker.runner.stop();
    expect(await timesTold(id)).toBe(1);
  });

  it('when it has ended stays as it ended', async () => {
    const id = await anOperation();
    const runner = operations.work((projectId) => deletingDataclips(projectId));
    await expect.poll(() => stateOf(id)).toBe(OperationState.SUCCEEDED);
    await runner.stop();
    expect(new Set(await cancelByAll(id))).toEqual(new Set(['OPERATION_FINISHED']));
    expect(await stateOf(id)).toBe(OperationState.SUCCEEDED);
    expect(await timesTold(id)).toBe(0);
  });
});
