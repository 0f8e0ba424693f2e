import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileStore } from '../../src/files/file-store.ts';
import { localFileStore } from '../../src/files/local-file-store.ts';
import { NoLongerWanted } from '../../src/operations/long-work.ts';
import { retentionWork } from '../../src/retention/retention-work.ts';
import { type Changes, openChanges } from '../database/support/changes.ts';
import { execute } from '../support/database.ts';
import { openReads } from '../support/explain.ts';
import { doWork } from './support/long-work.ts';

let changes: Changes;
let folder: string;
let files: FileStore;

beforeAll(async () => {
  changes = await openChanges();
  folder = await mkdtemp(join(tmpdir(), 'retention-'));
  files = localFileStore(folder, true);
});

afterAll(async () => {
  await changes[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const query = (...statements: string[]) => execute(changes.url, ...statements);
const countOf = async (rows: string) => Number((await query(`select count(*) from ${rows}`))[0]?.count);
const work = (projectId: string, chunk = 500) => retentionWork(files, chunk)(projectId);

/** A project that keeps history for seven days, with one workflow. */
async function aProject(): Promise<{ projectId: string; workflowId: string }> {
  const [projectId, workflowId] = [randomUUID(), randomUUID()];
  await query(
    `insert into projects (id, name, history_retention_period) values ('${projectId}', 'p', 7)`,
    `insert into workflows (id, project_id, name) values ('${workflowId}', '${projectId}', 'w')`,
  );
  return { projectId, workflowId };
}

/** Work orders of so many days ago with a run, and so many log lines, each; answers the id of one of the runs. */
async function aRun(workflowId: string, days: number, lines: number, orders = 1): Promise<string> {
  const [row] = await query(
    `with work_order as (
       insert into work_orders (workflow_id, last_activity)
       select '${workflowId}', now() - interval '${days} days' from generate_series(1, ${orders}) returning id
     ), run as (insert into runs (work_order_id, project_id, workflow_id)
       select work_order.id, project_id, workflows.id from work_order, workflows where workflows.id = '${workflowId}'
       returning id
     ), line as (
       insert into log_lines (run_id, timestamp, message) select id, now(), 'x' from run, generate_series(1, ${lines})
     )
     select id from run`,
  );
  return String(row?.id);
}

describe('A batch of the clean-up', () => {
  it('deletes a bounded number of the log lines of one run', async () => {
    const { projectId, workflowId } = await aProject();
    await aRun(workflowId, 8, 25);

    await doWork(changes, work(projectId, 10));

    const told = await query(`select data from events where project_id = '${projectId}' order by id`);
    expect(told.map(({ data }) => data)).toEqual([
      { log_lines: 10 },
      { log_lines: 10 },
      { log_lines: 5, runs: 1, work_orders: 1 },
    ]);
  });

  it('waits for the one of another worker: both together delete everything, each row once', async () => {
    const { projectId, workflowId } = await aProject();
    await aRun(workflowId, 8, 2, 40);

    const both = await Promise.all([1, 2].map(() => doWork(changes, work(projectId, 7))));

    expect(both.flat().reduce((sum, rows) => sum + rows)).toBe(160);
    expect(await countOf(`work_orders where project_id = '${projectId}'`)).toBe(0);
  });

  it('counts what is due', async () => {
    const { projectId, workflowId } = await aProject();
    await aRun(workflowId, 31, 3, 2);
    await aRun(workflowId, 29, 3, 2);
    await query(
      `update projects set history_retention_period = 30, dataclip_retention_period = 7 where id = '${projectId}'`,
      `insert into dataclips (project_id, type, name, inserted_at, wiped_at)
       select '${projectId}', 'global', name, now() - days * interval '1 day', wiped_at::timestamptz
       from (values (31, null, null), (31, 'named', null), (8, null, null), (8, 'kept', null), (8, null, 'now'),
         (6, null, null)) given (days, name, wiped_at)`,
      `insert into project_files (project_id, type, inserted_at)
       select '${projectId}', 'archive', now() - days * interval '1 day' from (values (31), (29)) given (days)`,
    );
    await using database = await openReads(changes.url);

    // Two work orders with a run and three lines each, a dataclip to delete and one to empty, a file.
    expect(await work(projectId).count(database.read)).toBe(13);
  });

  it('is not wanted once the deletion of the project has begun, nor when it is gone', async () => {
    const { projectId, workflowId } = await aProject();
    await aRun(workflowId, 8, 1);
    await query(`update projects set deletion_started_at = now() where id = '${projectId}'`);
    await using database = await openReads(changes.url);

    for (const id of [projectId, randomUUID()]) {
      await expect(doWork(changes, work(id))).rejects.toThrow(NoLongerWanted);
      expect(await work(id).count(database.read)).toBe(0);
    }
    expect(await countOf(`work_orders where project_id = '${projectId}'`)).toBe(1);
  });

  it('goes by the periods of its moment', async () => {
    const { projectId, workflowId } = await aProject();
    await aRun(workflowId, 8, 1);
    await query(`update projects set history_retention_period = null where id = '${projectId}'`);
    expect(await doWork(changes, work(projectId))).toEqual([]);

    await query(`update projects set history_retention_period = 14 where id = '${projectId}'`);
    expect(await doWork(changes, work(projectId))).toEqual([]);
  });
});

describe('What is still needed', () => {
  it('is a step that a log line of a kept run names, although no run has it', async () => {
    const { projectId, workflowId } = await aProject();
    const runId = await aRun(workflowId, 1, 1);
    const stepId = randomUUID();
    await query(
      `insert into steps (id, project_id, job_id, inserted_at)
       values ('${stepId}', '${projectId}', gen_random_uuid(), now() - interval '9 days')`,
      `update log_lines set step_id = '${stepId}' where run_id = '${runId}'`,
    );

    expect(await doWork(changes, work(projectId))).toEqual([]);
  });

  it('is a dataclip that a work order begins to use while the clean-up looks at it', async () => {
    const { projectId, workflowId } = await aProject();
    const dataclipId = randomUUID();
    await query(
      `insert into dataclips (id, project_id, type, inserted_at)
       values ('${dataclipId}', '${projectId}', 'global', now() - interval '9 days')`,
    );
    const looked = changes.run(async (unit) => {
      await unit.db
        .insertInto('work_orders')
        .values({ workflow_id: workflowId, project_id: projectId, dataclip_id: dataclipId })
        .execute();
      unit.record({
        kind: 'history_recorded',
        projectId,
        itemType: 'project',
        itemId: projectId,
        changes: {},
      });
      const cleaning = doWork(changes, work(projectId));
      await expect
        .poll(() => changes.running())
        .toEqual([expect.stringMatching(/from "?dataclips"?.* for update/)]);
      return { cleaning };
    });

    expect(await (await looked).cleaning).toEqual([]);
    expect(await countOf(`dataclips where project_id = '${projectId}'`)).toBe(1);
  });
});

describe('Files past the period', () => {
  const aFile = async (projectId: string, path: string, days = 8) => {
    await query(
      `insert into project_files (project_id, type, path, inserted_at)
       values ('${projectId}', 'archive', '${path}', now() - interval '${days} days')`,
    );
  };

  it('go with their objects; younger ones and those of others stay', async () => {
    const { projectId } = await aProject();
    await mkdir(join(folder, projectId));
    for (const [name, days] of [
      ['old.zip', 8],
      ['young.zip', 6],
    ] as const) {
      await aFile(projectId, `${projectId}/${name}`, days);
      await writeFile(join(folder, projectId, name), 'bytes');
    }
    await aFile(projectId, `${projectId}/missing.zip`);

    expect(await doWork(changes, work(projectId))).toEqual([2]);

    expect(await readdir(join(folder, projectId))).toEqual(['young.zip']);
    expect(await countOf(`project_files where project_id = '${projectId}'`)).toBe(1);
  });

  it('stay listed as long as their objects cannot be removed', async () => {
    const { projectId } = await aProject();
    await mkdir(join(folder, `${projectId}.zip`));
    await aFile(projectId, `${projectId}.zip`);

    await expect(doWork(changes, work(projectId))).rejects.toMatchObject({ reason: 'FILE_STORE_REFUSED' });

    expect(await countOf(`project_files where project_id = '${projectId}'`)).toBe(1);
    expect(await countOf(`events where project_id = '${projectId}'`)).toBe(0);
    await rm(join(folder, `${projectId}.zip`), { recursive: true });
    expect(await doWork(changes, work(projectId))).toEqual([1]);
  });
});
