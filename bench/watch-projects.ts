import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { ClientReadableStream, Metadata } from '@grpc/grpc-js';
import type { Client } from 'pg';
import { EVENTS_CHANNEL } from '../src/database/wake-readers.ts';
import {
  ProjectsService,
  WatchProjectsRequestSchema,
  type WatchProjectsResponse,
  WatchProjectsResponseSchema,
} from '../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, tokenEnv } from './support/grpc.ts';
import { atMost, quantile, report } from './support/measure.ts';
import { seedUser } from './support/seed.ts';

const WATCHERS = 1000;
const CONNECTIONS = 20;
const EVENTS_PER_SECOND = 500;
const SECONDS = 20;
const WARM_UP_SECONDS = 3;
/** Milliseconds between two transactions of events. */
const BEAT_MS = 20;

/**
 * 1,000 people who each watch all they may read, which is a project of their own, while 500 events a second are
 * committed: milliseconds from the commit to the client. Target: p99 under 100 ms. And what it costs the service.
 */
export async function watchProjectsFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const { client } = database;
  const people = await Promise.all(Array.from({ length: WATCHERS }, () => seedUser(client)));
  const projectIds = people.map(() => randomUUID());
  await client.query(
    `with p as (insert into projects (id, name, env) select id, 'project-' || n, 'main'
       from unnest($1::uuid[]) with ordinality as new (id, n) returning id)
     insert into project_users (project_id, user_id, role)
       select m.id, m.user_id, 'owner' from unnest($1::uuid[], $2::uuid[]) as m (id, user_id) join p using (id)`,
    [projectIds, people],
  );
  await client.query('vacuum analyze');
  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), {
    DATABASE_URL: database.url,
    ...tokenEnv,
  });
  await using open = new AsyncDisposableStack();
  const connections = Array.from({ length: CONNECTIONS }, () =>
    open.use(new Connection(service.ready.grpc ?? '', { 'grpc.use_local_subchannel_pool': 1 })),
  );

  /** When the transaction of an event was committed, by its place in the count of all. */
  const committed = new Map<string, number>();
  const latencies: number[] = [];
  let received = 0;
  const hear = ({ event }: WatchProjectsResponse) => {
    const at = committed.get(event?.headHash ?? '');
    if (at === undefined) return;
    received += 1;
    latencies.push(performance.now() - at);
  };
  await Promise.all(
    people.map(async (person, index) => {
      const connection = connections[index % CONNECTIONS];
      if (connection === undefined) throw new Error('there is no connection');
      const stream = await watch(connection, await bearer(person), hear);
      open.defer(() => stream.cancel());
    }),
  );

  let sent = await write(client, projectIds, committed, WARM_UP_SECONDS);
  await pause(500);
  if (received !== sent) throw new Error(`${received} of ${sent} events came`);
  latencies.length = 0;
  const before = await service.usage();
  sent += await write(client, projectIds, committed, SECONDS);
  const after = await service.usage();
  await pause(1000);
  if (received !== sent) throw new Error(`${received} of ${sent} events came`);
  const p99 = quantile(latencies, 0.99);
  report(
    'watch_projects',
    {
      watchers: WATCHERS,
      events_per_second: latencies.length / SECONDS,
      p50_ms: quantile(latencies, 0.5),
      p99_ms: p99,
      max_ms: quantile(latencies, 0.99999),
      cpu_share: (after.cpuSeconds - before.cpuSeconds) / SECONDS,
      rss_mb: after.rssBytes / 1e6,
    },
    atMost('ms from the commit to the client, p99', p99, 100),
  );
}

/** Begins a watch; resolves with its first heartbeat. */
function watch(
  connection: Connection,
  metadata: Metadata,
  hear: (response: WatchProjectsResponse) => void,
): Promise<ClientReadableStream<WatchProjectsResponse>> {
  const stream = connection.makeServerStreamRequest(
    `/${ProjectsService.typeName}/WatchProjects`,
    (message: Buffer) => message,
    (bytes: Buffer) => fromBinary(WatchProjectsResponseSchema, bytes),
    Buffer.from(toBinary(WatchProjectsRequestSchema, create(WatchProjectsRequestSchema))),
    metadata,
  );
  return new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream.on('data', (response: WatchProjectsResponse) => {
      hear(response);
      resolve(stream);
    });
  });
}

/** Commits events evenly over some seconds, each with a head of its own; answers how many. */
async function write(
  client: Client,
  projectIds: readonly string[],
  committed: Map<string, number>,
  seconds: number,
): Promise<number> {
  const perBeat = Math.round((EVENTS_PER_SECOND * BEAT_MS) / 1000);
  const start = performance.now();
  const beats = Math.round((seconds * 1000) / BEAT_MS);
  for (let beat = 0; beat < beats; beat += 1) {
    await pause(Math.max(0, start + beat * BEAT_MS - performance.now()));
    const heads = Array.from({ length: perBeat }, () => randomUUID().slice(-12));
    const ids = heads.map(() => projectIds[Math.floor(Math.random() * projectIds.length)]);
    await client.query(
      `insert into events (kind, project_id, data)
       select 'head_appended', id, jsonb_build_object('head_hash', jsonb_build_object('after', head))
       from unnest($1::uuid[], $2::text[]) as new (id, head)`,
      [ids, heads],
    );
    const now = performance.now();
    for (const head of heads) committed.set(head, now);
    // As the service does after its commits.
    await client.query(`notify ${EVENTS_CHANNEL}`);
  }
  return beats * perBeat;
}
