import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { filterBy, isWithin, passes } from '../support/filters.ts';
import { expectPages, pagesOf } from '../support/pages.ts';
import { aProject } from '../support/projects.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { aHistory, anyRange, type History, ids, insertedWithin, newestFirst } from './support/history.ts';

const seed = Date.now();
let service: TestService;
let history: History;
let other: History;
beforeAll(async () => {
  service = await startTestService();
  history = await aHistory(service, seed);
  other = await aHistory(service, seed + 1);
});
afterAll(() => service.close());

const client = () => service.client(ResourcesService, service.admin);

describe('ListSteps', () => {
  it('shows all that is known of a step, and what it lacks as unset', async () => {
    const { id: projectId } = await aProject(service);
    const [workflowId, snapshotId, input, output, jobId] = [
      randomUUID(),
      randomUUID(),
      randomUUID(),
      randomUUID(),
      randomUUID(),
    ];
    await rows(service, `insert into workflows (id, project_id, name) values ($1, $2, 'Sync')`, [
      workflowId,
      projectId,
    ]);
    await rows(
      service,
      `insert into workflow_snapshots (id, workflow_id, lock_version, name) values ($1, $2, 1, 'Sync')`,
      [snapshotId, workflowId],
    );
    await rows(
      service,
      `insert into dataclips (id, project_id, type) select unnest($1::uuid[]), $2, 'global'`,
      [[input, output], projectId],
    );
    await rows(
      service,
      `insert into steps (job_id, project_id, snapshot_id, input_dataclip_id, output_dataclip_id, exit_reason,
         started_at, finished_at, inserted_at)
       values ($1, $2, $3, $4, $5, 'kill', '1970-01-01 00:00:01Z', '1970-01-01 00:00:02.000003Z',
           '1970-01-01 00:00:04Z'),
         ($1, $2, null, null, null, null, null, null, '1970-01-01 00:00:03Z')`,
      [jobId, projectId, snapshotId, input, output],
    );

    const { steps } = await client().listSteps({ projectId });

    expect(steps).toMatchObject([
      {
        jobId,
        snapshotId,
        inputDataclipId: input,
        outputDataclipId: output,
        exitReason: 'kill',
        startedAt: { seconds: 1n, nanos: 0 },
        finishedAt: { seconds: 2n, nanos: 3000 },
        insertedAt: { seconds: 4n, nanos: 0 },
      },
      { jobId },
    ]);
    const unset = [
      'snapshotId',
      'inputDataclipId',
      'outputDataclipId',
      'exitReason',
      'startedAt',
      'finishedAt',
    ];
    expect(unset.filter((field) => Reflect.get(steps[1] ?? {}, field) !== undefined)).toEqual([]);
  });

  it(`pages through what passes its filters, the newest first and each once, whatever they are (seed ${seed})`, async () => {
    const filters = fc.record({
      jobIds: filterBy([...history.jobIds, ...other.jobIds, randomUUID()], 4),
      runIds: filterBy(ids([...history.runs, ...other.runs]), 60),
      ...anyRange,
    });
    await fc.assert(
      fc.asyncProperty(filters, async ({ jobIds, runIds, from, before, pageSize }) => {
        const request = {
          projectId: history.projectId,
          jobIds,
          runIds,
          ...insertedWithin(from, before),
          pageSize,
        };
        const pages = await pagesOf(
          (pageToken) => client().listSteps({ ...request, pageToken }),
          ({ steps }) => ids(steps),
        );
        const expected = newestFirst(history.steps)
          .filter(({ jobId }) => passes(jobIds, jobId))
          .filter((step) => runIds.length === 0 || step.runIds.some((id) => runIds.includes(id)))
          .filter(({ at }) => isWithin(at, from, before));
        expectPages(pages, pageSize, ids(expected));
      }),
      { seed, numRuns: 40 },
    );
  });
});

describe('ListRunSteps', () => {
  it(`pages through the pairs run by run, the newest first, whatever the filter (seed ${seed})`, async () => {
    const pairs = await rows<{ id: string; run_id: string; step_id: string }>(
      service,
      'select id, run_id, step_id from run_steps order by id',
    );
    const filters = fc.record({
      runIds: filterBy(ids([...history.runs, ...other.runs]), 60),
      pageSize: fc.oneof(fc.integer({ min: 3, max: 20 }), fc.constant(300)),
    });
    await fc.assert(
      fc.asyncProperty(filters, async ({ runIds, pageSize }) => {
        const request = { projectId: history.projectId, runIds, pageSize };
        const pages = await pagesOf(
          (pageToken) => client().listRunSteps({ ...request, pageToken }),
          ({ runSteps }) => runSteps.map(({ id, runId, stepId }) => ({ id, runId, stepId })),
        );
        const expected = newestFirst(history.runs)
          .filter(({ id }) => passes(runIds, id))
          .flatMap((run) => pairs.filter(({ run_id }) => run_id === run.id))
          .map(({ id, run_id, step_id }) => ({ id, runId: run_id, stepId: step_id }));
        expectPages(pages, pageSize, expected);
      }),
      { seed, numRuns: 40 },
    );
  });

  it('says when a step joined its run', async () => {
    const [step] = history.steps;
    await rows(
      service,
      `update run_steps set inserted_at = '1970-01-01 00:00:01.000002Z' where step_id = $1`,
      [step?.id],
    );

    const { runSteps } = await client().listRunSteps({
      projectId: history.projectId,
      runIds: [...(step?.runIds ?? [])],
    });

    expect(runSteps.filter(({ stepId }) => stepId === step?.id)).toMatchObject(
      (step?.runIds ?? []).map(() => ({ insertedAt: { seconds: 1n, nanos: 2000 } })),
    );
  });
});
