import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localFileStore } from '../../src/files/local-file-store.ts';
import { deleteWork } from '../../src/lifecycle/delete-work.ts';
import { retentionWork } from '../../src/retention/retention-work.ts';
import { createTestDatabase, execute, type TestDatabase } from '../support/database.ts';
import { openReads } from '../support/explain.ts';

const projectId = '00000000-0000-4000-8000-00000000000a';
const RUNS = 15_000;

/** A project whose runs, with two log lines each, are past the period. */
const history = [
  `insert into projects (id, name, history_retention_period, dataclip_retention_period)
     values ('${projectId}', 'large', 30, 7)`,
  `insert into workflows (project_id, name) select id, 'w' from projects`,
  `create temporary table made as select gen_random_uuid() as id, workflows.id as workflow_id
     from workflows, generate_series(1, ${RUNS})`,
  `insert into work_orders (id, workflow_id, last_activity) select id, workflow_id, now() - interval '40 days' from made`,
  'insert into runs (id, work_order_id, workflow_id) select id, id, workflow_id from made',
  `insert into log_lines (run_id, timestamp, message) select id, now(), 'x' from made, generate_series(1, 2)`,
];

/** What a clean-up of the tables when they were empty leaves behind, until the next one. */
const staleStatistics = [
  'delete from pg_statistic',
  `update pg_class set reltuples = 0, relpages = 100
     where relname in ('work_orders', 'runs', 'log_lines', 'run_steps', 'steps', 'dataclips')`,
];

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await execute(database.url, ...history, ...staleStatistics);
});
afterAll(() => database[Symbol.asyncDispose]());

const files = localFileStore('/nowhere', false);
const works = {
  'of a deletion': { work: deleteWork(files), others: 2 },
  'of a clean-up': { work: retentionWork(files, 500), others: 0 },
};

describe.each(Object.entries(works))('The count %s', (_, { work, others }) => {
  it('ends within a statement’s time while the statistics say that there is nothing', async () => {
    await using reads = await openReads(database.url, 10_000);
    expect(await work(projectId).count(reads.read)).toBe(4 * RUNS + others);
  });
});
