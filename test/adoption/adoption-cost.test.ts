import { expect, it } from 'vitest';
import { createTestDatabase, execute } from '../support/database.ts';
import { adoptInto, counts } from './support/adopted.ts';
import { createLightning } from './support/lightning.ts';

/** A hundred in each of two hundred projects. */
const RECORDED = 20_000;

it('what is gone of a workflow is not looked for among what was recorded of others', async () => {
  await using lightning = await createLightning();
  await using own = await createTestDatabase();
  await adoptInto(own.url, lightning);
  await lightning.sql(`delete from workflow_versions where hash = '0000000000b2'`);
  await execute(
    own.url,
    `insert into audit_events (kind, item_type, item_id, project_id, method, changes)
       select 'workflow_version_recorded', 'workflow', gen_random_uuid(), project.id, 'test',
              jsonb_build_object('hash', jsonb_build_object('after', n::text))
       from (select gen_random_uuid() as id from generate_series(1, ${RECORDED / 100})) project, generate_series(1, 100) n`,
    'analyze',
    'select pg_stat_force_next_flush()',
    'select pg_stat_reset()',
  );
  expect(counts(await adoptInto(own.url, lightning), 'workflow_versions')).toMatchObject({ removed: 1 });

  const read = async () => {
    const [row] = await execute(
      own.url,
      `select (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as read, n_tup_ins::int > 0 as is_told
       from pg_stat_user_tables where relname = 'audit_events'`,
    );
    return row;
  };
  // What a session did is counted for certain once it has ended.
  await expect.poll(read).toMatchObject({ is_told: true });
  expect((await read())?.read).toBeLessThan(RECORDED / 10);
});
