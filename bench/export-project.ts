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
import { interleaved, median, ratio, report, rounded } from './support/measure.ts';
import { seedProject, seedUser } from './support/seed.ts';

const WARM_UPS = 5;
const ROUNDS = 7;
const SMALL = { workflows: 1000, bodyBytes: 1000, versions: 2 };
const LARGE = { ...SMALL, workflows: 10_000 };

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
  const largeExport = await exportFrom(toService, large);
  const after = await service.usage();

  const runs = await interleaved(ROUNDS, {
    service: () => exportFrom(toService, small),
    peer: () => exportFrom(toPeer, small),
  });
  report('export_project', {
    workflows: SMALL.workflows,
    megabytes: rounded((runs.service[0]?.bytes ?? 0) / 1e6),
    mb_per_second: rounded(median(runs.service.map(speed))),
    peer_mb_per_second: rounded(median(runs.peer.map(speed))),
    ratio: rounded(ratio(runs.service.map(speed), runs.peer.map(speed))),
    target: 3,
    first_byte_ms: rounded(median(runs.service.map(({ firstMs }) => firstMs))),
    target_first_byte_ms: 50,
    peer_first_byte_ms: rounded(median(runs.peer.map(({ firstMs }) => firstMs))),
  });
  report('export_project_memory', {
    workflows: LARGE.workflows,
    megabytes: rounded(largeExport.bytes / 1e6),
    mb_per_second: rounded(speed(largeExport)),
    peak_mb_small: rounded(before.peakRssBytes / 1e6),
    peak_mb_large: rounded(after.peakRssBytes / 1e6),
    growth_mb: rounded((after.peakRssBytes - before.peakRssBytes) / 1e6),
    target_growth_mb: 64,
  });
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
