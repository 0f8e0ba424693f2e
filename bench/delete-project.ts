import { setTimeout as pause } from 'node:timers/promises';
import type { Operation } from '../src/gen/lightning/projects/v1/operation_pb.ts';
import { OperationsService } from '../src/gen/lightning/projects/v1/operations_service_pb.ts';
import { ProjectsService } from '../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { deleteByHand } from './peers/delete-project-peer.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, tokenEnv, unary } from './support/grpc.ts';
import { load, report, rounded, timed } from './support/measure.ts';
import { operationEnd } from './support/operation-end.ts';
import { seedUser } from './support/seed.ts';
import { seedHistory } from './support/seed-history.ts';

const SIZE = { workOrders: 100_000, logLines: 3_000_000, dataclips: 1_000_000, days: 90 };
const CHUNK = 2000;
const WARM_UP_MS = 5000;
const IDLE_MS = 20_000;
/** Between the beginnings of two calls of GetProject. */
const PACE_MS = 20;

/**
 * DeleteProjectAsync of a project with 100,000 work orders, runs and steps, 3,000,000 log lines and 1,000,000
 * dataclips, against the same batches as bare SQL; what it does to GetProject of another project, and to memory.
 * Target: at most 1.3 times as long, p99 of GetProject at most twice that of an idle service.
 */
export async function deleteProjectFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const { client } = database;
  const user = await seedUser(client);
  const doomed = await seedHistory(client, user, SIZE);
  const byHand = await seedHistory(client, user, SIZE);
  const other = await seedHistory(client, user, { workOrders: 10, logLines: 10, dataclips: 10, days: 1 });
  await client.query('vacuum analyze');

  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), {
    DATABASE_URL: database.url,
    ...tokenEnv,
  });
  using connection = new Connection(service.ready.grpc ?? '');
  const metadata = await bearer(user);
  const getProject = unary(connection, ProjectsService.method.getProject, metadata);
  const read = () => getProject({ id: other });
  await load(read, 1, WARM_UP_MS);
  const idle = await reading(read, pause(IDLE_MS));
  const before = await service.usage();

  const remove = unary(connection, ProjectsService.method.deleteProjectAsync, metadata);
  const getOperation = unary(connection, OperationsService.method.getOperation, metadata);
  const start = performance.now();
  const { operation } = await remove({ id: doomed });
  const ending = operationEnd(getOperation, operation);
  const meanwhile = await reading(read, ending);
  const ended: Operation = await ending;
  const seconds = (performance.now() - start) / 1000;
  const after = await service.usage();

  const peerStart = performance.now();
  const peerWork = deleteByHand(client, byHand, CHUNK);
  await reading(read, peerWork);
  const peerRows = await peerWork;
  const peerSeconds = (performance.now() - peerStart) / 1000;
  const [rate, peerRate] = [Number(ended.done) / seconds, peerRows / peerSeconds];
  report('delete_project', {
    rows: Number(ended.done),
    seconds: rounded(seconds),
    rows_per_second: rounded(rate),
    peer_rows_per_second: rounded(peerRate),
    ratio: rounded(peerRate / rate),
    target: 1.3,
    get_project_p99_ms_idle: rounded(quantile(idle, 0.99)),
    get_project_p99_ms_meanwhile: rounded(quantile(meanwhile, 0.99)),
    p99_ratio: rounded(quantile(meanwhile, 0.99) / quantile(idle, 0.99)),
    target_p99_ratio: 2,
    growth_mb: rounded((after.peakRssBytes - before.peakRssBytes) / 1e6),
  });
}

/** How long each call takes, of fifty a second, until the work is done. */
async function reading(call: () => Promise<unknown>, work: Promise<unknown>): Promise<number[]> {
  const latencies: number[] = [];
  let isOver = false;
  void work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const ms = await timed(call);
    latencies.push(ms);
    await pause(Math.max(0, PACE_MS - ms));
  }
  return latencies;
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}
