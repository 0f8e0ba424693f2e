import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqlState, violatedConstraint } from '../../src/database/sql-state.ts';
import type { UnitOfWork } from '../../src/database/unit-of-work.ts';
import { Project } from '../../src/entities/project.ts';
import { execute } from '../support/database.ts';
import { barrier, type Changes, openChanges, rename, told } from './support/changes.ts';

let changes: Changes;
beforeAll(async () => {
  changes = await openChanges();
});
afterAll(() => changes[Symbol.asyncDispose]());

describe('A change that meets another one', () => {
  it('starts again after a serialization failure', async () => {
    const id = await changes.aProject();
    let attempts = 0;
    const found = await changes.run(async (unit) => {
      attempts += 1;
      await sql`set transaction isolation level repeatable read`.execute(unit.db);
      const { rows } = await sql<{ name: string }>`select name from projects where id = ${id}`.execute(
        unit.db,
      );
      if (attempts === 1) await execute(changes.url, `update projects set name = 'other' where id = '${id}'`);
      await rename(unit, id, 'after');
      told(unit, id);
      return rows[0]?.name;
    });

    expect({ attempts, found, stored: await changes.nameOf(id) }).toEqual({
      attempts: 2,
      found: 'other',
      stored: 'after',
    });
  });

  it('starts again after a deadlock', async () => {
    const ids = [await changes.aProject('one'), await changes.aProject('two')] as const;
    const bothHoldOne = barrier(2);
    let attempts = 0;
    const lockBoth = (first: string, second: string) =>
      changes.run(async (unit) => {
        attempts += 1;
        // PostgreSQL looks for a deadlock once in each wait: whoever waits last finds it, if the other one has not.
        await sql`set local deadlock_timeout = '20ms'`.execute(unit.db);
        await rename(unit, first, 'locked');
        await bothHoldOne();
        await rename(unit, second, 'locked');
        told(unit, first);
      });

    await Promise.all([lockBoth(ids[0], ids[1]), lockBoth(ids[1], ids[0])]);

    expect(attempts).toBe(3);
  });

  it('gives up after the fourth attempt, and says what was in the way', async () => {
    const id = await changes.aProject();
    let attempts = 0;
    const stubborn = changes.run(async (unit) => {
      attempts += 1;
      await sql`set transaction isolation level repeatable read`.execute(unit.db);
      await sql`select name from projects where id = ${id}`.execute(unit.db);
      await execute(changes.url, `update projects set name = 'other' where id = '${id}'`);
      await rename(unit, id, 'after');
    });

    await expect(stubborn.catch(sqlState)).resolves.toBe('40001');
    expect(attempts).toBe(4);
  });

  it('does not repeat what fails for another reason', async () => {
    let attempts = 0;
    const wrong = changes.run(async (unit) => {
      attempts += 1;
      await sql`select 1 / 0`.execute(unit.db);
    });

    await expect(wrong.catch(sqlState)).resolves.toBe('22012');
    expect(attempts).toBe(1);
  });
});

describe('A change that is only to be tried', () => {
  it('answers what it would, and leaves nothing behind', async () => {
    const id = await changes.aProject();
    const answer = await changes.run(
      async (unit) => {
        await rename(unit, id, 'after');
        told(unit, id);
        const { rows } = await sql<{ name: string }>`select name from projects where id = ${id}`.execute(
          unit.db,
        );
        return rows[0]?.name;
      },
      { validateOnly: true },
    );

    expect(answer).toBe('after');
    await expect(changes.nameOf(id)).resolves.toBe('before');
    await expect(execute(changes.url, `select 1 from events where project_id = '${id}'`)).resolves.toEqual(
      [],
    );
  });

  it('fails as it would', async () => {
    const trial = changes.run(async (unit) => rename(unit, await changes.aProject(), 'NOT A NAME'), {
      validateOnly: true,
    });
    await expect(trial.catch(sqlState)).resolves.toBe('23514');
  });

  it('fails as it would at its commit', async () => {
    const id = await changes.aProject();
    const ownerless = async (unit: UnitOfWork) => {
      await sql`with someone as (insert into users (email) values (${`${randomUUID()}@example.org`}) returning id)
                insert into project_users (project_id, user_id) select ${id}, id from someone`.execute(
        unit.db,
      );
      told(unit, id);
    };
    await expect(changes.run(ownerless).catch(violatedConstraint)).resolves.toBe('project_users_owner_fkey');
    const trial = changes.run(ownerless, { validateOnly: true });
    await expect(trial.catch(violatedConstraint)).resolves.toBe('project_users_owner_fkey');
  });
});

describe('A change whose statements run side by side', () => {
  it('leaves no statement behind that writes outside the transaction', async () => {
    const id = await changes.aProject();
    const failed = changes.run(async (unit) => {
      told(unit, id);
      await Promise.all([
        sql`select 1 / 0`.execute(unit.db),
        sql`select pg_sleep(0.05)`.execute(unit.db).then(() => rename(unit, id, 'after')),
      ]);
    });
    await expect(failed.catch(sqlState)).resolves.toBe('22012');
    await expect(
      changes.run(async (unit) => await unit.em.count(Project, { id, name: 'after' })),
    ).resolves.toBe(0);
  });
});

describe('A change that loses its connection', () => {
  it('fails as unavailable and gives the place in the pool back', async () => {
    const id = await changes.aProject();
    for (let loss = 0; loss <= changes.poolMax; loss += 1) {
      const lost = changes.run(async (unit) => {
        await rename(unit, id, `lost-${loss}`);
        told(unit, id);
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(unit.db);
        await execute(changes.url, `select pg_terminate_backend(${rows[0]?.pid}, 5000)`);
        await rename(unit, id, `lost-${loss}`);
      });
      await expect(lost).rejects.toThrow(/terminat|not queryable/i);
    }
    await expect(changes.nameOf(id)).resolves.toBe('before');
    await expect(changes.run(async (unit) => await unit.em.count(Project, { id }))).resolves.toBe(1);
  });

  it('does so when it is lost between the last statement and the commit', async () => {
    const id = await changes.aProject();
    for (let loss = 0; loss <= changes.poolMax; loss += 1) {
      const lost = changes.run(async (unit) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(unit.db);
        await execute(changes.url, `select pg_terminate_backend(${rows[0]?.pid}, 5000)`);
      });
      await expect(lost).rejects.toThrow(/terminat|not queryable/i);
    }
    await expect(changes.run(async (unit) => await unit.em.count(Project, { id }))).resolves.toBe(1);
  });
});
