import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localFileStore } from '../../src/files/local-file-store.ts';
import { retentionWork } from '../../src/retention/retention-work.ts';
import { type Changes, openChanges } from '../database/support/changes.ts';
import { execute } from '../support/database.ts';
import { doWork } from './support/long-work.ts';

const projectId = '00000000-0000-4000-8000-00000000000a';
const KEPT = 4000;
const DUE = 60;

/** A project, and one beside it, with much that is kept and a little that is due, with three log lines a run. */
const history = [
  `insert into projects (id, name, history_retention_period, dataclip_retention_period) values
     ('${projectId}', 'large', 30, 7), ('00000000-0000-4000-8000-00000000000b', 'other', 30, 7)`,
  `insert into workflows (project_id, name) select id, 'w' || n from projects, generate_series(1, 50) n`,
  `insert into workflow_snapshots (workflow_id, lock_version, name)
     select id, version, 's' from workflows, generate_series(1, 3) version`,
  `create temporary table made as
     select gen_random_uuid() as id, s.id as snapshot_id, s.workflow_id, s.project_id,
            now() - case when n <= ${DUE} then interval '40 days' else interval '1 day' end as at
     from generate_series(1, ${KEPT + DUE}) n join (
       select s.id, workflow_id, project_id, s.lock_version, row_number() over (order by workflow_id, s.lock_version) as place
       from workflow_snapshots s join workflows w on w.id = workflow_id where s.lock_version > 1
     ) s on place = 1 + n % 100 * 2 + (n <= ${DUE})::int`,
  `insert into dataclips (id, project_id, type, inserted_at) select id, project_id, 'global', at from made`,
  `insert into dataclips (project_id, type, name, inserted_at)
     select '${projectId}', 'global', 'named ' || n, now() - interval '50 days' from generate_series(1, ${KEPT}) n`,
  `insert into work_orders (id, workflow_id, project_id, snapshot_id, dataclip_id, last_activity)
     select id, workflow_id, project_id, snapshot_id, id, at from made`,
  `insert into runs (id, work_order_id, project_id, workflow_id, snapshot_id, dataclip_id)
     select id, id, project_id, workflow_id, snapshot_id, id from made`,
  `insert into steps (id, project_id, job_id, snapshot_id, input_dataclip_id, inserted_at)
     select id, project_id, workflow_id, snapshot_id, id, at from made`,
  'insert into run_steps (run_id, step_id) select id, id from made',
  `insert into log_lines (run_id, step_id, timestamp, message)
     select id, id, at, 'x' from made, generate_series(1, 3)`,
  `insert into project_files (project_id, type, inserted_at) select project_id, 'archive', at from made`,
];

const due = DUE / 2;
/** How many rows go of each table: of snapshots those of the due half of the project's workflows, and the unused. */
const deletions = {
  dataclips: due,
  log_lines: 3 * due,
  project_files: due,
  run_steps: due,
  runs: due,
  steps: due,
  work_orders: due,
  workflow_snapshots: 50,
};
let changes: Changes;

beforeAll(async () => {
  changes = await openChanges();
  await execute(
    changes.url,
    ...history,
    'analyze',
    'select pg_stat_force_next_flush()',
    'select pg_stat_reset()',
  );
}, 300_000);

afterAll(() => changes[Symbol.asyncDispose]());

describe('A clean-up', () => {
  it('reads no table of history as a whole, and rows in proportion to what is due', async () => {
    const work = retentionWork(localFileStore('/nonexistent', false), 500)(projectId);

    await doWork(changes, work);
    // What a session did is counted for certain once it has ended.
    await changes.orm.close(true);

    const readStatistics = () =>
      execute(
        changes.url,
        `select relname as table, seq_scan::int as scans, n_tup_del::int as deleted, idx_tup_fetch::int as fetched
         from pg_stat_user_tables where relname = any('{${Object.keys(deletions)}}') order by relname`,
      );
    await expect
      .poll(async () => (await readStatistics()).map(({ table, deleted }) => [table, deleted]))
      .toEqual(Object.entries(deletions));
    for (const { table, scans, fetched } of await readStatistics()) {
      expect(scans, String(table)).toBe(0);
      expect(fetched, String(table)).toBeLessThan(20 * due);
    }
  });
});
