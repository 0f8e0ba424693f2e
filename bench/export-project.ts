import { isDeepStrictEqual } from 'node:util';
import { fromBinary } from '@bufbuild/protobuf';
import { parse } from 'yaml';
import {
  ExportProjectResponseSchema,
  ProjectsService,
} from '../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, type Received, receive, tokenEnv } from './support/grpc.ts';
import { atLeast, atMost, interleaved, median, ratio, report } from './support/measure.ts';
import { seedProject, seedUser } from './support/seed.ts';

/** Twice what the largest holds: until then V8 enlarges what is for young objects, by some 80 MB, sooner or later. */
const WARM_UPS = 20;
const ROUNDS = 7;
const SMALL = { workflows: 1000, bodyBytes: 1000, versions: 2 };
const LARGE = { ...SMALL, workflows: 10_000 };
/** Of the largest. */
const LARGE_ROUNDS = 5;

/**
 * ExportProject of 1,000 workflows of 10 jobs of 1 kB each, to a client that reads as fast as it can, against a server
 * that builds the same document with `yaml` in one piece from the same rows. Targets: three times as many MB/s, the
 * first byte within 50 ms, and for a project ten times as large less than 64 MB more memory at its peak.
 */
export async function exportProjectFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const user = await seedUser(database.client);
  const small = await seedProject(database.client, user, SMALL);
  const large = await seedProject(database.client, user, LARGE);
  const tiny = await seedProject(database.client, user, { ...SMALL, workflows: 100 });
  const sample = await seedProject(database.client, user, { ...SMALL, workflows: 20 });
  const env = { DATABASE_URL: database.url, ...tokenEnv };
  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), env);
  await using peer = await startChild(new URL('./peers/export-project-peer.ts', import.meta.url), env);
  using toService = new Connection(service.ready.grpc ?? '');
  using toPeer = new Connection(peer.ready.grpc ?? '');
  const token = await bearer(user);

  const exportFrom = (client: Connection, projectId: string, keep?: (message: Buffer) => void) =>
    receive(client, ProjectsService.method.exportProject, { projectId }, token, keep);
  await requireSameDocument(
    (keep) => exportFrom(toService, sample, keep),
    (keep) => exportFrom(toPeer, sample, keep),
  );

  for (let run = 0; run < WARM_UPS; run += 1) await exportFrom(toService, small);
  const before = await service.usage();
  const largest = await exportFrom(toService, large);
  const after = await service.usage();
  report(
    'export_project_memory',
    {
      workflows: LARGE.workflows,
      megabytes: largest.bytes / 1e6,
      peak_mb_small: before.peakRssBytes / 1e6,
      peak_mb_large: after.peakRssBytes / 1e6,
    },
    atMost(
      'MB more at the peak for ten times the size',
      (after.peakRssBytes - before.peakRssBytes) / 1e6,
      64,
    ),
  );

  for (const [workflows, projectId, rounds] of [
    [100, tiny, ROUNDS],
    [SMALL.workflows, small, ROUNDS],
    [LARGE.workflows, large, LARGE_ROUNDS],
  ] as const) {
    const runs = await interleaved(rounds, {
      service: () => exportFrom(toService, projectId),
      peer: () => exportFrom(toPeer, projectId),
    });
    const firstMs = median(runs.service.map((run) => run.firstMs));
    report(
      'export_project',
      {
        workflows,
        megabytes: (runs.service[0]?.bytes ?? 0) / 1e6,
        seconds: median(runs.service.map(({ ms }) => ms / 1000)),
        peer_seconds: median(runs.peer.map(({ ms }) => ms / 1000)),
        mb_per_second: median(runs.service.map(speed)),
        peer_mb_per_second: median(runs.peer.map(speed)),
        first_byte_ms: firstMs,
        peer_first_byte_ms: median(runs.peer.map((run) => run.firstMs)),
      },
      ...(workflows === SMALL.workflows
        ? [
            atLeast("times the peer's MB/s", ratio(runs.service.map(speed), runs.peer.map(speed)), 3),
            atMost('ms to the first byte', firstMs, 50),
          ]
        : []),
    );
  }
}

/** MB a second. */
function speed({ bytes, ms }: Received): number {
  return bytes / 1e3 / ms;
}

type Export = (keep: (message: Buffer) => void) => Promise<unknown>;

async function requireSameDocument(one: Export, other: Export): Promise<void> {
  const documents = await Promise.all([documentOf(one), documentOf(other)]);
  if (!isDeepStrictEqual(documents[0], documents[1])) throw new Error('the peer exports something else');
}

async function documentOf(exported: Export): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  await exported((message) => chunks.push(fromBinary(ExportProjectResponseSchema, message).chunk));
  return parse(Buffer.concat(chunks).toString());
}
