import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { MergeAction } from '../src/gen/lightning/projects/v1/comparison_pb.ts';
import { ProjectsService } from '../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { compareByHand, mergeByHand } from './peers/compare-merge-peer.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, tokenEnv, unary } from './support/grpc.ts';
import { atMost, interleaved, load, median, ratio, report, timed } from './support/measure.ts';
import { keepHeads, seedProject, seedUser } from './support/seed.ts';

const ROUNDS = 15;
const WARM_UP_MS = 4000;
const WORKFLOWS = 1000;
const SIZE = { workflows: WORKFLOWS, bodyBytes: 300, versions: 3 };
/** One workflow in so many differs, by the body of a job. */
const EVERY = 100;
const DIFFERING = WORKFLOWS / EVERY;

/**
 * CompareProjects of a project of 1,000 workflows of 10 jobs and its sandbox, of which 1 % differ, against the bare SQL
 * that reads the same rows; MergeSandbox of the same against the bare SQL that writes them. Target: within 2 times.
 */
export async function compareMergeFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const { client } = database;
  const user = await seedUser(client);
  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), {
    DATABASE_URL: database.url,
    ...tokenEnv,
  });
  using connection = new Connection(service.ready.grpc ?? '');
  const metadata = await bearer(user);
  const { provisionSandbox, compareProjects, mergeSandbox } = ProjectsService.method;
  const targetId = await seedProject(client, user, SIZE);
  const provisioned = await unary(
    connection,
    provisionSandbox,
    metadata,
  )({ parentId: targetId, name: 'copy' });
  const sandboxId = provisioned.project?.id ?? '';
  await client.query('vacuum analyze');

  const compare = unary(connection, compareProjects, metadata);
  await editSandbox(client, sandboxId);
  await keepHeads(client);
  const compareOnce = () => compare({ sourceId: sandboxId, targetId });
  for (const call of [compareOnce, () => compareByHand(client, sandboxId, targetId)])
    await load(call, 1, WARM_UP_MS);
  const comparing = await interleaved(ROUNDS, {
    service: () =>
      timed(async () => {
        const { workflows } = await compareOnce();
        requireCount(workflows.length);
      }),
    peer: () => timed(async () => requireCount(await compareByHand(client, sandboxId, targetId))),
  });
  tell('compare_projects', comparing);

  const merge = unary(connection, mergeSandbox, metadata);
  const merging = await interleaved(ROUNDS, {
    service: async () => {
      await editSandbox(client, sandboxId);
      return await timed(async () => {
        const { plan } = await merge({ sandboxId, targetId });
        requireCount(plan?.steps.filter(({ action }) => action === MergeAction.UPDATE).length);
      });
    },
    peer: async () => {
      await editSandbox(client, sandboxId);
      return await timed(async () => requireCount(await mergeByHand(client, sandboxId, targetId)));
    },
  });
  tell('merge_sandbox', merging);
}

function tell(figure: string, ms: Record<'service' | 'peer', number[]>): void {
  report(
    figure,
    {
      workflows: WORKFLOWS,
      differing: DIFFERING,
      ms: median(ms.service),
      peer_ms: median(ms.peer),
      max_ms: Math.max(...ms.service),
    },
    atMost('times the bare SQL', ratio(ms.service, ms.peer), 2),
  );
}

function requireCount(found: number | undefined): void {
  if (found !== DIFFERING) throw new Error(`${found} workflows differ instead of ${DIFFERING}`);
}

/** As an edit in the app does it: a new body, a version, the next lock_version. */
async function editSandbox(client: Client, sandboxId: string): Promise<void> {
  await client.query(
    `with edited as (
       update workflows set lock_version = lock_version + 1
       where project_id = $1 and right(name, 6)::int % ${EVERY} = 0 returning id
     ), version as (
       insert into workflow_versions (workflow_id, hash, source)
       select id, left(md5(id::text || $2), 12), 'app' from edited
     )
     update jobs set body = body || E'\\n// ' || $2 from edited where workflow_id = edited.id and name = 'Job 5'`,
    [sandboxId, randomUUID()],
  );
}
