import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { migrations } from '../../src/database/migrations/index.ts';
import { databaseUrl, execute } from '../support/database.ts';

const adminUrl = inject('adminDatabaseUrl');
const database = `lists_${randomUUID().replaceAll('-', '')}`;
const url = databaseUrl(adminUrl, database);
/** The migrations before the columns that are tested here. */
const before = migrations.filter(({ name }) => name < '0007');

let client: pg.Client;
beforeAll(async () => {
  await execute(adminUrl, `create database ${database}`);
  client = new pg.Client({ connectionString: url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await execute(adminUrl, `drop database ${database} with (force)`);
});

interface Ids {
  readonly project: string;
  readonly workflow: string;
  readonly job: string;
  readonly snapshot: string;
  readonly workOrder: string;
  readonly run: string;
}

/** A project with a workflow, a job and a snapshot of it, a work order and a run, none saying of which project it is. */
async function aRun(): Promise<Ids> {
  const [project, workflow, job, snapshot, workOrder, run] = Array.from({ length: 6 }, () => randomUUID());
  const made = { project, workflow, job, snapshot, workOrder, run } as Ids;
  await client.query(`insert into projects (id, name) values ('${project}', 'p')`);
  await client.query(
    `insert into workflows (id, project_id, name) values ('${workflow}', '${project}', 'w')`,
  );
  await client.query(
    `insert into jobs (id, workflow_id, name, body, adaptor) values ('${job}', '${workflow}', 'j', '', 'a')`,
  );
  await client.query(
    `insert into workflow_snapshots (id, workflow_id, lock_version, name) values ('${snapshot}', '${workflow}', 1, 'w')`,
  );
  await client.query(`insert into work_orders (id, workflow_id) values ('${workOrder}', '${workflow}')`);
  await client.query(`insert into runs (id, work_order_id) values ('${run}', '${workOrder}')`);
  return made;
}

async function aStep(columns: Readonly<Record<string, string>>): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `insert into steps (${Object.keys(columns).join(', ')})
     values (${Object.values(columns)
       .map((value) => `'${value}'`)
       .join(', ')}) returning id`,
  );
  return rows[0]?.id ?? '';
}

const join = (run: string, steps: readonly string[]) =>
  client.query('insert into run_steps (run_id, step_id) select $1, unnest($2::uuid[])', [run, steps]);

async function projectOf(table: string, id: string): Promise<string | null> {
  const { rows } = await client.query(`select project_id from ${table} where id = $1`, [id]);
  return rows[0]?.project_id;
}

describe('A database from before history said of which project it is', () => {
  it('learns it of every row', async () => {
    await migrate(url, before);
    const made = await aRun();
    const [known, gone, alone] = [
      await aStep({ job_id: made.job }),
      await aStep({ job_id: randomUUID() }),
      await aStep({ job_id: randomUUID() }),
    ];
    await join(made.run, [known, gone]);

    await migrate(url);

    expect(await projectOf('work_orders', made.workOrder)).toBe(made.project);
    expect(await projectOf('runs', made.run)).toBe(made.project);
    const { rows } = await client.query('select workflow_id from runs where id = $1', [made.run]);
    expect(rows).toEqual([{ workflow_id: made.workflow }]);
    expect(await projectOf('steps', known)).toBe(made.project);
    expect(await projectOf('steps', gone)).toBe(made.project);
    expect(await projectOf('steps', alone)).toBeNull();
  });
});

describe('What is written without its project', () => {
  let made: Ids;
  beforeEach(async () => {
    await migrate(url);
    made = await aRun();
  });

  it('gets it: a work order from its workflow, a run with its workflow from its work order', async () => {
    expect(await projectOf('work_orders', made.workOrder)).toBe(made.project);
    expect(await projectOf('runs', made.run)).toBe(made.project);
    const { rows } = await client.query('select workflow_id from runs where id = $1', [made.run]);
    expect(rows).toEqual([{ workflow_id: made.workflow }]);
  });

  it('gets it as a step from its job, or else from its snapshot', async () => {
    expect(await projectOf('steps', await aStep({ job_id: made.job }))).toBe(made.project);
    const step = await aStep({ job_id: randomUUID(), snapshot_id: made.snapshot });
    expect(await projectOf('steps', step)).toBe(made.project);
  });

  it('gets it as a step whose job is gone from the first run that it joins', async () => {
    const elsewhere = await aRun();
    const [gone, left] = [await aStep({ job_id: randomUUID() }), await aStep({ job_id: randomUUID() })];
    expect(await projectOf('steps', gone)).toBeNull();

    await join(made.run, [gone]);
    await join(elsewhere.run, [gone]);

    expect(await projectOf('steps', gone)).toBe(made.project);
    expect(await projectOf('steps', left)).toBeNull();
  });

  it('keeps what it says itself', async () => {
    const other = await aRun();
    const step = await aStep({ job_id: made.job, project_id: other.project });
    expect(await projectOf('steps', step)).toBe(other.project);
  });

  it('is refused when it is a run of nothing', async () => {
    const run = client.query(`insert into runs (work_order_id) values ('${randomUUID()}')`);
    await expect(run).rejects.toMatchObject({ code: '23502', column: 'project_id' });
  });
});
