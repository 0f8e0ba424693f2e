import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import { OperationsService } from '../src/gen/lightning/projects/v1/operations_service_pb.ts';
import { ProjectsService } from '../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { deleteByHand } from './peers/delete-project-peer.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, tokenEnv, unary } from './support/grpc.ts';
import {
  atMost,
  type Goal,
  interleaved,
  load,
  median,
  quantile,
  ratio,
  report,
  timed,
} from './support/measure.ts';
import { operationEnd } from './support/operation-end.ts';
import { seedUser } from './support/seed.ts';
import { seedHistory } from './support/seed-history.ts';

/** Of the largest, and how much smaller the others are. */
const SIZE = { workOrders: 100_000, logLines: 3_000_000, dataclips: 1_000_000 };
const SMALLER = [100, 10] as const;
const ROUNDS = 5;
const CHUNK = 2000;
const WARM_UP_MS = 5000;
/** How long each round looks at GetProject while nothing else is done. */
const IDLE_MS = 20_000;
/** Between the beginnings of two calls of GetProject. */
const PACE_MS = 20;

/**
 * DeleteProjectAsync of a project with 100,000 work orders, runs and steps, 3,000,000 log lines and 1,000,000
 * dataclips, and of a hundredth and a tenth of it, against the same batches as bare SQL; what the largest does to
 * GetProject of another project, and to memory. Target: at most 1.3 times as long, p99 of GetProject at most twice that of
 * an idle service.
 */
export async function deleteProjectFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const { client } = database;
  const user = await seedUser(client);
  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), {
    DATABASE_URL: database.url,
    ...tokenEnv,
  });
  using connection = new Connection(service.ready.grpc ?? '');
  const metadata = await bearer(user);
  const remove = unary(connection, ProjectsService.method.deleteProjectAsync, metadata);
  const getOperation = unary(connection, OperationsService.method.getOperation, metadata);
  const seed = (part: number) =>
    seedHistory(client, user, {
      workOrders: SIZE.workOrders / part,
      logLines: SIZE.logLines / part,
      dataclips: SIZE.dataclips / part,
      days: 90,
    });
  const byService = async (id: string): Promise<Run> => {
    const start = performance.now();
    const { operation } = await remove({ id });
    const { done } = await operationEnd(getOperation, operation);
    return { rows: Number(done), seconds: (performance.now() - start) / 1000 };
  };
  const byHand = async (id: string): Promise<Run> => {
    const start = performance.now();
    const rows = await deleteByHand(client, id, CHUNK);
    return { rows, seconds: (performance.now() - start) / 1000 };
  };

  for (const part of SMALLER) {
    const runs = await interleaved(ROUNDS, {
      service: async () => byService(await seeded(client, seed(part))),
      peer: async () => byHand(await seeded(client, seed(part))),
    });
    tell(runs.service, runs.peer);
  }

  const other = await seedHistory(client, user, { workOrders: 10, logLines: 10, dataclips: 10, days: 1 });
  const getProject = unary(connection, ProjectsService.method.getProject, metadata);
  const read = () => getProject({ id: other });
  await load(read, 1, WARM_UP_MS);
  const idle: number[] = [];
  const before = await service.usage();
  const meanwhile: number[] = [];
  const runs = await interleaved(ROUNDS, {
    service: async () => {
      const id = await seeded(client, seed(1));
      idle.push(...(await reading(read, pause(IDLE_MS))));
      const deleting = byService(id);
      meanwhile.push(...(await reading(read, deleting)));
      return await deleting;
    },
    // With the same reads beside it.
    peer: async () => {
      const deleting = byHand(await seeded(client, seed(1)));
      await reading(read, deleting);
      return await deleting;
    },
  });
  const after = await service.usage();
  const [p99, idleP99] = [quantile(meanwhile, 0.99), quantile(idle, 0.99)];
  tell(
    runs.service,
    runs.peer,
    atMost(
      'times the same batches as bare SQL',
      ratio(runs.peer.map(rowsPerSecond), runs.service.map(rowsPerSecond)),
      1.3,
    ),
  );
  report(
    'delete_project_meanwhile',
    {
      get_project_p50_ms: quantile(meanwhile, 0.5),
      get_project_p50_ms_idle: quantile(idle, 0.5),
      get_project_p99_ms: p99,
      get_project_p99_ms_idle: idleP99,
      peak_growth_mb: (after.peakRssBytes - before.peakRssBytes) / 1e6,
    },
    atMost("times the idle service's p99 of GetProject", p99 / idleP99, 2),
  );
}

interface Run {
  readonly rows: number;
  readonly seconds: number;
}

function rowsPerSecond({ rows, seconds }: Run): number {
  return rows / seconds;
}

function tell(runs: readonly Run[], peerRuns: readonly Run[], ...goals: readonly Goal[]): void {
  report(
    'delete_project',
    {
      rows: runs[0]?.rows ?? 0,
      seconds: median(runs.map(({ seconds }) => seconds)),
      peer_seconds: median(peerRuns.map(({ seconds }) => seconds)),
      rows_per_second: median(runs.map(rowsPerSecond)),
      peer_rows_per_second: median(peerRuns.map(rowsPerSecond)),
    },
    ...goals,
  );
}

async function seeded(client: Client, seeding: Promise<string>): Promise<string> {
  const id = await seeding;
  await client.query('vacuum analyze');
  return id;
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
