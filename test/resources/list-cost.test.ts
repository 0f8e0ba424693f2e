import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditPage } from '../../src/audit/audit-query.ts';
import type { PageKey } from '../../src/call/page-token.ts';
import type { Queries } from '../../src/database/queries.ts';
import { dataclipsByName, newestDataclips } from '../../src/resources/dataclip-query.ts';
import { jobsPage, jobsPageWithBodies } from '../../src/resources/job-query.ts';
import { edgesPage } from '../../src/resources/list-edges.ts';
import { projectFilesPage } from '../../src/resources/list-project-files.ts';
import { runsPage } from '../../src/resources/run-query.ts';
import { runStepsPage } from '../../src/resources/run-step-query.ts';
import { stepsOfRunsPage, stepsPage } from '../../src/resources/step-query.ts';
import { triggersPage } from '../../src/resources/trigger-query.ts';
import { latestActiveWorkOrders, newestWorkOrders } from '../../src/resources/work-order-query.ts';
import { createTestDatabase, execute } from '../support/database.ts';
import { execution, openReads } from '../support/explain.ts';
import { type TwoPages, twoPages } from '../support/list-pages.ts';
import { busyJob, busyWorkflow, largeHistory, projectId, userId } from './support/large-history.ts';

const open = new AsyncDisposableStack();
let read: Queries;
beforeAll(async () => {
  const database = open.use(await createTestDatabase());
  await execute(database.url, ...largeHistory());
  ({ read } = open.use(await openReads(database.url)));
}, 300_000);
afterAll(() => open.disposeAsync());

/** A list with some filters: an index that its pages are read from, and the most blocks of one. */
type List = readonly [index: string, blocks: number, pages: TwoPages];

const unbounded = { from: undefined, before: undefined };
const january = { from: '2026-01-01 00:00:00+00', before: '2026-02-01 00:00:00+00' };
const made = { insertedFrom: undefined, insertedBefore: undefined };
const history = { projectId, workflowIds: [], workOrderIds: [], states: [] };
const failures = { ...history, states: ['failed', 'lost'] } as const;
const graph = { projectId, workflowIds: [], includeDeleted: false, namePrefix: '' };
const dataclips = { projectId, types: [], named: undefined };
const audit = { projectId, userId: '', kinds: [] };

type Timed = { readonly inserted_at: string; readonly id: string };
const byMoment = ({ inserted_at, id }: Timed): PageKey => [inserted_at, id];
const byWorkflow = ({ workflow_id, id }: { workflow_id: string; id: string }): PageKey => [workflow_id, id];

/** Blocks of a page that is read from one stretch of an index, row by row; from several; and through two indexes. */
const [ONE, SEVERAL, JOINED] = [20, 150, 120];

const lists: Readonly<Record<string, List>> = {
  'work orders': [
    'work_orders_project_id_inserted_at_id_index',
    ONE,
    twoPages((read, start) => newestWorkOrders(read, history, { ...unbounded, ...start }), byMoment),
  ],
  'work orders in some states': [
    'work_orders_project_id_state_inserted_at_id_index',
    SEVERAL,
    twoPages((read, start) => newestWorkOrders(read, failures, { ...unbounded, ...start }), byMoment),
  ],
  'work orders by their last activity': [
    'work_orders_project_id_last_activity_id_index',
    ONE,
    twoPages(
      (read, start) => latestActiveWorkOrders(read, { ...history, ...made }, { ...january, ...start }),
      ({ last_activity, id }) => [last_activity, id],
    ),
  ],
  runs: [
    'runs_project_id_inserted_at_id_index',
    ONE,
    twoPages((read, start) => runsPage(read, history, { ...unbounded, ...start }), byMoment),
  ],
  'runs of a time': [
    'runs_project_id_inserted_at_id_index',
    ONE,
    twoPages((read, start) => runsPage(read, history, { ...january, ...start }), byMoment),
  ],
  'runs in some states': [
    'runs_project_id_state_inserted_at_id_index',
    SEVERAL,
    twoPages((read, start) => runsPage(read, failures, { ...unbounded, ...start }), byMoment),
  ],
  'runs of a workflow': [
    'runs_workflow_id_state_inserted_at_id_index',
    SEVERAL,
    twoPages(
      (read, start) =>
        runsPage(read, { ...history, workflowIds: [busyWorkflow] }, { ...unbounded, ...start }),
      byMoment,
    ),
  ],
  'run steps': [
    'runs_project_id_inserted_at_id_index',
    JOINED,
    twoPages(
      (read, start) => runStepsPage(read, { projectId, runIds: [], ...start }),
      ({ run_inserted_at, run_id, id }) => [run_inserted_at, run_id, id],
    ),
  ],
  steps: [
    'steps_project_id_inserted_at_id_index',
    ONE,
    twoPages(
      (read, start) => stepsPage(read, { projectId, jobIds: [] }, { ...unbounded, ...start }),
      byMoment,
    ),
  ],
  'steps of a job': [
    'steps_project_id_job_id_inserted_at_id_index',
    SEVERAL,
    twoPages(
      (read, start) => stepsPage(read, { projectId, jobIds: [busyJob] }, { ...unbounded, ...start }),
      byMoment,
    ),
  ],
  dataclips: [
    'dataclips_project_id_inserted_at_id_index',
    ONE,
    twoPages((read, start) => newestDataclips(read, dataclips, { ...unbounded, ...start }), byMoment),
  ],
  'dataclips of some types': [
    'dataclips_project_id_type_inserted_at_id_index',
    SEVERAL,
    twoPages(
      (read, start) =>
        newestDataclips(read, { ...dataclips, types: ['global', 'kafka'] }, { ...unbounded, ...start }),
      byMoment,
    ),
  ],
  'dataclips that have a name': [
    'dataclips_named_index',
    ONE,
    twoPages(
      (read, start) => newestDataclips(read, { ...dataclips, named: true }, { ...unbounded, ...start }),
      byMoment,
    ),
  ],
  'dataclips by a prefix': [
    'dataclips_name_index',
    ONE,
    twoPages(
      (read, start) => dataclipsByName(read, dataclips, { ...made, prefix: 'Name 1', ...start }),
      ({ name, id }) => [name, id],
    ),
  ],
  jobs: [
    'workflows_project_id_id_index',
    JOINED,
    twoPages((read, start) => jobsPage(read, { ...graph, ...start }), byWorkflow),
  ],
  'jobs with their bodies': [
    'workflows_project_id_id_index',
    JOINED,
    twoPages((read, start) => jobsPageWithBodies(read, { ...graph, ...start }), byWorkflow),
  ],
  'jobs by a prefix': [
    'jobs_workflow_id_name_id_index',
    JOINED,
    twoPages((read, start) => jobsPage(read, { ...graph, namePrefix: 'Job 3', ...start }), byWorkflow),
  ],
  triggers: [
    'workflows_project_id_id_index',
    JOINED,
    twoPages(
      (read, start) => triggersPage(read, { ...graph, types: ['webhook'], enabled: true, ...start }),
      byWorkflow,
    ),
  ],
  edges: [
    'workflows_project_id_id_index',
    JOINED,
    twoPages((read, start) => edgesPage(read, { ...graph, ...start }), byWorkflow),
  ],
  'files of a project': [
    'project_files_project_id_inserted_at_id_index',
    ONE,
    twoPages((read, start) => projectFilesPage(read, { projectId, direction: 'desc', ...start }), byMoment),
  ],
  'the audit trail of a project': [
    'audit_events_project_id_inserted_at_id_index',
    ONE,
    twoPages((read, start) => auditPage(read, audit, { ...unbounded, ...start }), byMoment),
  ],
  'the audit trail of a project by kinds': [
    'audit_events_project_id_kind_inserted_at_id_index',
    SEVERAL,
    twoPages(
      (read, start) =>
        auditPage(
          read,
          { ...audit, kinds: ['members_changed', 'head_appended'] },
          { ...unbounded, ...start },
        ),
      byMoment,
    ),
  ],
  'the audit trail of a person': [
    'audit_events_actor_id_inserted_at_id_index',
    ONE,
    twoPages(
      (read, start) => auditPage(read, { projectId: '', userId, kinds: [] }, { ...unbounded, ...start }),
      byMoment,
    ),
  ],
  'the whole audit trail': [
    'audit_events_kind_inserted_at_id_index',
    SEVERAL,
    twoPages(
      (read, start) => auditPage(read, { projectId: '', userId: '', kinds: [] }, { ...january, ...start }),
      byMoment,
    ),
  ],
  'the whole audit trail by kinds': [
    'audit_events_kind_inserted_at_id_index',
    SEVERAL,
    twoPages(
      (read, start) =>
        auditPage(
          read,
          { projectId: '', userId: '', kinds: ['project_updated'] },
          { ...unbounded, ...start },
        ),
      byMoment,
    ),
  ],
};

describe('A page far down', () => {
  it.each(Object.entries(lists))('costs what the first one costs: %s', async (_, [index, blocks, pages]) => {
    const [first, last] = await pages(read);
    const [atFirst, atLast] = [await execution(first), await execution(last)];

    for (const { plan } of [atFirst, atLast]) {
      expect(plan).toContain(index);
      expect(plan).not.toContain('Seq Scan on');
    }
    expect(atFirst.blocks, atFirst.plan).toBeLessThan(blocks);
    expect(atLast.blocks, atLast.plan).toBeLessThanOrEqual(atFirst.blocks * 1.2 + 5);
  });
});

describe('The steps of a few runs', () => {
  it('are found through the runs, without a walk through the project', async () => {
    const oldest = await read
      .selectFrom('runs')
      .select('id')
      .where('project_id', '=', projectId)
      .orderBy('inserted_at')
      .limit(5)
      .execute();
    const runIds = oldest.map(({ id }) => id);
    const start = { after: undefined, limit: 11 };
    const ofRuns = { ...unbounded, ...start };

    const steps = await execution(stepsOfRunsPage(read, { projectId, jobIds: [] }, runIds, ofRuns));
    const pairs = await execution(runStepsPage(read, { projectId, runIds, ...start }));

    expect(steps.blocks).toBeLessThan(JOINED);
    expect(pairs.blocks).toBeLessThan(JOINED);
  });
});
