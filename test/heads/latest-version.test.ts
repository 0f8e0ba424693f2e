import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let client: pg.Client;
let other: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  other = new pg.Client({ connectionString: database.url });
  await Promise.all([client.connect(), other.connect()]);
});

afterAll(async () => {
  await Promise.all([client.end(), other.end()]);
  await database.close();
});

/** Three workflows of a project, none with a version. */
async function someWorkflows(): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `with project as (insert into projects (name) values ('latest') returning id)
     insert into workflows (project_id, name) select id, 'flow ' || n from project, generate_series(1, 3) n
     returning id`,
  );
  return rows.map(({ id }) => id);
}

/** What the rows of workflows say, beside what their versions say. */
async function keptAndComputed(workflowIds: readonly string[]) {
  const { rows } = await client.query<{ kept: string | null; computed: string | null }>(
    `select version_hash as kept, (
       select hash from workflow_versions v where v.workflow_id = w.id order by inserted_at desc, id desc limit 1
     ) as computed
     from workflows w where id = any($1) order by id`,
    [workflowIds],
  );
  return { kept: rows.map((row) => row.kept), computed: rows.map((row) => row.computed) };
}

const statements = {
  insert: `insert into workflow_versions (workflow_id, hash, source, inserted_at)
           select id, lpad(to_hex($2::int), 12, '0'), 'app', '2026-01-01'::timestamptz + $3::int * interval '1 s'
           from workflows where id = any($1::uuid[]) and abs(hashint4($4::int) % 3) <> 1`,
  change: `update workflow_versions set hash = lpad(to_hex($2::int), 12, '0')
           where workflow_id = any($1::uuid[]) and extract(second from inserted_at) < $3::int and $4::int > 0`,
  turn: `update workflow_versions set inserted_at = '2026-01-01'::timestamptz + $3::int * interval '1 s'
         where workflow_id = any($1::uuid[]) and hash < lpad(to_hex($2::int), 12, '0') and $4::int > 0`,
  move: `update workflow_versions set workflow_id = ($1::uuid[])[1 + $4::int % 3]
         where workflow_id = ($1::uuid[])[1 + $2::int % 3] and extract(second from inserted_at) < $3::int`,
  delete: `delete from workflow_versions
           where workflow_id = any($1::uuid[]) and extract(second from inserted_at) >= $3::int
             and hash > lpad(to_hex($2::int), 12, '0') and $4::int > 0`,
} as const;

describe('the hash on the row of a workflow', () => {
  it('is that of its latest version, whatever was done to the versions', async () => {
    const step = fc.record({
      statement: fc.constantFrom(...Object.values(statements)),
      number: fc.integer({ min: 0, max: 20 }),
      second: fc.integer({ min: 0, max: 9 }),
      choice: fc.integer({ min: 1, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
        const ids = await someWorkflows();
        for (const { statement, number, second, choice } of steps) {
          await client.query(statement, [ids, number, second, choice]);
          const { kept, computed } = await keptAndComputed(ids);
          expect(kept).toEqual(computed);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is that of the later one of two transactions at once, whichever commits first', async () => {
    const [id = ''] = await someWorkflows();
    const insert = `insert into workflow_versions (workflow_id, hash, source, inserted_at) values ($1, $2, 'app', $3)`;
    await client.query('begin');
    await client.query(insert, [id, 'aaaaaaaaaaaa', '2026-01-02']);
    const earlier = other.query(insert, [id, 'bbbbbbbbbbbb', '2026-01-01']);
    await client.query('commit');
    await earlier;
    expect(await keptAndComputed([id])).toEqual({ kept: ['aaaaaaaaaaaa'], computed: ['aaaaaaaaaaaa'] });
  });

  it('is null again when the last version is gone', async () => {
    const [id = ''] = await someWorkflows();
    await client.query(
      `insert into workflow_versions (workflow_id, hash, source) values ($1, 'aaaaaaaaaaaa', 'app')`,
      [id],
    );
    await client.query('delete from workflow_versions where workflow_id = $1', [id]);
    expect((await keptAndComputed([id])).kept).toEqual([null]);
  });

  it('changes neither lock_version nor updated_at of the workflow', async () => {
    const [id = ''] = await someWorkflows();
    const read = 'select lock_version, updated_at from workflows where id = $1';
    const { rows: before } = await client.query(read, [id]);
    await client.query(
      `insert into workflow_versions (workflow_id, hash, source) values ($1, 'aaaaaaaaaaaa', 'app')`,
      [id],
    );
    expect((await client.query(read, [id])).rows).toEqual(before);
  });
});
