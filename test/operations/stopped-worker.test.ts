import { afterAll, beforeAll, expect, it } from 'vitest';
import { OperationState } from '../../src/gen/lightning/projects/v1/operation_pb.ts';
import { OperationsService } from '../../src/gen/lightning/projects/v1/operations_service_pb.ts';
import { aSite } from '../history/support/engine.ts';
import { addHistory } from '../lifecycle/support/batches.ts';
import { lockRow, waitingStatements } from '../support/rival.ts';
import { ProjectsService, startTestService, type TestService, testSecret } from '../support/service.ts';
import { type ServiceProcess, startService } from '../support/service-process.ts';

/** So short that none of the deletions below ends within it. */
const GRACE_MS = 300;

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ ROLES: 'rpc' });
});
afterAll(() => service.close());

const operations = () => service.client(OperationsService, service.admin);

function startWorker(): Promise<ServiceProcess> {
  return startService({
    ROLES: 'worker',
    DATABASE_URL: service.databaseUrl,
    AUTH_JWT_SECRET: testSecret,
    SHUTDOWN_GRACE_MS: String(GRACE_MS),
  });
}

/** The deletion of a project by an operation. */
async function aDeletion(workOrders: number): Promise<{ id: string; projectId: string }> {
  const { projectId } = await aSite(service);
  await addHistory(service, projectId, { workOrders, lines: 2 });
  const { operation } = await service
    .client(ProjectsService, service.admin)
    .deleteProjectAsync({ id: projectId });
  return { id: operation?.id ?? '', projectId };
}

/** Milliseconds that a worker needs to end after SIGTERM. */
async function stop(worker: ServiceProcess): Promise<number> {
  const start = performance.now();
  worker.kill('SIGTERM');
  expect(await worker.ended).toMatchObject({ code: 0 });
  return performance.now() - start;
}

it('A worker that is to stop is gone after its grace, though a batch waits for somebody and another operation is long; the next one goes on with both', async () => {
  const waiting = await aDeletion(300);
  const long = await aDeletion(4000);
  const found = async ({ id }: { id: string }) => (await operations().getOperation({ id })).operation;
  await using rival = await lockRow(
    service,
    'work_orders where project_id = $1 order by inserted_at desc, id desc limit 1',
    waiting.projectId,
  );
  await using first = await startWorker();
  await expect.poll(() => waitingStatements(service)).toBe(1);
  await expect.poll(async () => (await found(long))?.done, { interval: 5 }).toBeGreaterThan(0n);
  expect(await stop(first)).toBeLessThan(GRACE_MS + 5000);
  const left = { waiting: await found(waiting), long: await found(long) };
  expect(left.waiting).toMatchObject({ state: OperationState.RUNNING, attempt: 1, cancellable: true });
  expect(left.waiting?.error).toBeUndefined();
  expect(left.long).toMatchObject({ state: OperationState.RUNNING, attempt: 1 });

  await rival.leave();
  await using _second = await startWorker();
  for (const { id } of [waiting, long]) {
    const seen = await Array.fromAsync(operations().watchOperation({ id }));
    expect(seen.at(-1)?.operation).toMatchObject({ state: OperationState.SUCCEEDED, attempt: 1 });
  }
  expect((await found(long))?.done).toBeGreaterThan(left.long?.done ?? 0n);
}, 180_000);
