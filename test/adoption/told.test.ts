import { describe, expect, it } from 'vitest';
import { createTestDatabase, execute } from '../support/database.ts';
import { adoptInto, counts } from './support/adopted.ts';
import { createLightning } from './support/lightning.ts';
import { run } from './support/lightning-rows.ts';

/** More rows than are written together. */
const MANY = 2500;

describe('of what ran is told', () => {
  it('all that stays when a later chunk fails, and the rest when it is adopted again', async () => {
    await using lightning = await createLightning();
    await using own = await createTestDatabase();
    await lightning.sql(
      `insert into log_lines select gen_random_uuid(), '${run}', null, '2026-03-04', null, 'info',
              case n when ${MANY} then 'the last' else 'one' end
       from generate_series(1, ${MANY}) n`,
    );
    await execute(
      own.url,
      `create function stop() returns trigger language plpgsql as $$
         begin raise 'stopped' using errcode = 'admin_shutdown'; end $$`,
      `create trigger stop before insert on log_lines for each row when (new.message = 'the last')
       execute function stop()`,
    );
    await expect(adoptInto(own.url, lightning)).rejects.toThrow('adopt again to go on');
    const came = await numberHere(own.url, 'log_lines');
    expect(came).toBeGreaterThan(0);
    expect(came).toBeLessThan(MANY);
    expect(await toldOf(own.url, 'log_lines')).toEqual({ events: came, audit: came });

    await execute(own.url, 'drop trigger stop on log_lines');
    const said = await adoptInto(own.url, lightning);
    const all = MANY + 3;
    expect(counts(said, 'log_lines')).toMatchObject({ created: all - came, unchanged: came });
    expect(await toldOf(own.url, 'log_lines')).toEqual({ events: all, audit: all });
  });

  it('a step of no project, whichever chunk it comes in', async () => {
    await using lightning = await createLightning();
    await using own = await createTestDatabase();
    const step = (id: string) => `${id}, gen_random_uuid(), null, null, null, null, null, null, now(), now()`;
    await lightning.sql(
      `insert into steps select ${step('gen_random_uuid()')} from generate_series(1, ${MANY})`,
    );
    await adoptInto(own.url, lightning);
    const first = '00000000-0000-0000-0000-000000000001';
    await lightning.sql(
      `insert into steps select ${step(`'${first}'::uuid`)}`,
      // It lies before all others, and what comes with the last of them is the same.
      'cluster steps using steps_pkey',
    );
    const said = await adoptInto(own.url, lightning);

    expect(counts(said, 'steps')).toMatchObject({ created: 1, updated: 0, left: 0 });
    expect(counts(said, 'log_lines')).toMatchObject({ unchanged: 3 });
    const told = await execute(
      own.url,
      `select kind, project_id, item_type, changes from audit_events where item_id = '${first}'`,
    );
    expect(told).toEqual([
      {
        kind: 'history_recorded',
        project_id: null,
        item_type: 'step',
        changes: { steps: { inserted: 1, updated: 0 } },
      },
    ]);
  });
});

async function numberHere(url: string, table: string): Promise<number> {
  const [row] = await execute(url, `select count(*)::int as number from ${table}`);
  return Number(row?.number);
}

/** How many rows of a table events and audit rows say were inserted. */
async function toldOf(url: string, table: string): Promise<Record<string, unknown> | undefined> {
  const sum = (changes: string) => `coalesce(sum((${changes} -> '${table}' ->> 'inserted')::int), 0)::int`;
  const [row] = await execute(
    url,
    `select (select ${sum('data')} from events) as events, (select ${sum('changes')} from audit_events) as audit`,
  );
  return row;
}
