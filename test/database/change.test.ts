import { randomUUID } from 'node:crypto';
import { LockMode, type MikroORM } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ChangeOptions, runChange } from '../../src/database/change.ts';
import { openOrm } from '../../src/database/orm.ts';
import { sqlState, violatedConstraint } from '../../src/database/sql-state.ts';
import type { UnitOfWork } from '../../src/database/unit-of-work.ts';
import { Project } from '../../src/entities/project.ts';
import { createTestDatabase, execute, type TestDatabase } from '../support/database.ts';

const POOL = 3;
let database: TestDatabase;
let orm: MikroORM;

beforeAll(async () => {
  database = await createTestDatabase();
  orm = await openOrm({
    url: database.url,
    poolMax: POOL,
    applicationName: 'changes',
    statementTimeoutMs: 0,
  });
});

afterAll(async () => {
  await orm.close(true);
  await database.close();
});

const author = { actorId: null, service: 'test', method: 'Test.Change', requestId: 'request' };

function change<T>(
  work: (unit: UnitOfWork) => Promise<T>,
  { signal = new AbortController().signal, ...options }: ChangeOptions & { signal?: AbortSignal } = {},
): Promise<T> {
  return runChange(orm, author, signal, work, options);
}

async function aProject(name = 'before'): Promise<string> {
  const [row] = await execute(database.url, `insert into projects (name) values ('${name}') returning id`);
  return String(row?.id);
}

async function nameOf(id: string): Promise<unknown> {
  const [row] = await execute(database.url, `select name from projects where id = '${id}'`);
  return row?.name;
}

function rename(unit: UnitOfWork, id: string, name: string): Promise<unknown> {
  return sql`update projects set name = ${name} where id = ${id}`.execute(unit.db);
}

function told(unit: UnitOfWork, id: string): void {
  unit.record({ kind: 'project_updated', projectId: id, itemType: 'project', itemId: id, changes: {} });
}

/** The statements that run or wait in the database, but for the one that asks. */
async function running(): Promise<string[]> {
  const rows = await execute(
    database.url,
    `select query from pg_stat_activity where application_name = 'changes' and state = 'active'`,
  );
  return rows.map(({ query }) => String(query));
}

const reason = new Error('the caller left');

describe('A change that meets another one', () => {
  it('starts again after a serialization failure', async () => {
    const id = await aProject();
    let attempts = 0;
    const found = await change(async (unit) => {
      attempts += 1;
      await sql`set transaction isolation level repeatable read`.execute(unit.db);
      const { rows } = await sql<{ name: string }>`select name from projects where id = ${id}`.execute(
        unit.db,
      );
      if (attempts === 1)
        await execute(database.url, `update projects set name = 'other' where id = '${id}'`);
      await rename(unit, id, 'after');
      told(unit, id);
      return rows[0]?.name;
    });

    expect({ attempts, found, stored: await nameOf(id) }).toEqual({
      attempts: 2,
      found: 'other',
      stored: 'after',
    });
  });

  it('starts again after a deadlock', async () => {
    const ids = [await aProject('one'), await aProject('two')] as const;
    const bothHoldOne = barrier(2);
    let attempts = 0;
    const lockBoth = (first: string, second: string) =>
      change(async (unit) => {
        attempts += 1;
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
    const id = await aProject();
    let attempts = 0;
    const stubborn = change(async (unit) => {
      attempts += 1;
      await sql`set transaction isolation level repeatable read`.execute(unit.db);
      await sql`select name from projects where id = ${id}`.execute(unit.db);
      await execute(database.url, `update projects set name = 'other' where id = '${id}'`);
      await rename(unit, id, 'after');
    });

    await expect(stubborn.catch(sqlState)).resolves.toBe('40001');
    expect(attempts).toBe(4);
  });

  it('does not repeat what fails for another reason', async () => {
    let attempts = 0;
    const wrong = change(async (unit) => {
      attempts += 1;
      await sql`select 1 / 0`.execute(unit.db);
    });

    await expect(wrong.catch(sqlState)).resolves.toBe('22012');
    expect(attempts).toBe(1);
  });

  it('stops waiting for its next attempt when the caller leaves', async () => {
    const id = await aProject();
    const caller = new AbortController();
    let attempts = 0;
    const left = change(
      async (unit) => {
        attempts += 1;
        // Behind the failure of the attempt, in the pause before the next one.
        setTimeout(() => caller.abort(reason));
        await sql`do $$ begin raise exception using errcode = 'serialization_failure'; end $$`.execute(
          unit.db,
        );
      },
      { signal: caller.signal },
    );

    await expect(left).rejects.toBe(reason);
    expect(attempts).toBe(1);
    await expect(nameOf(id)).resolves.toBe('before');
  });
});

describe('A change that is only to be tried', () => {
  it('answers what it would, and leaves nothing behind', async () => {
    const id = await aProject();
    const answer = await change(
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
    await expect(nameOf(id)).resolves.toBe('before');
    await expect(eventsOf(id)).resolves.toEqual([]);
  });

  it('fails as it would', async () => {
    const trial = change(async (unit) => rename(unit, await aProject(), 'NOT A NAME'), {
      validateOnly: true,
    });
    await expect(trial.catch(sqlState)).resolves.toBe('23514');
  });

  it('fails as it would at its commit', async () => {
    const id = await aProject();
    const ownerless = async (unit: UnitOfWork) => {
      await sql`with someone as (insert into users (email) values (${`${randomUUID()}@example.org`}) returning id)
                insert into project_users (project_id, user_id) select ${id}, id from someone`.execute(
        unit.db,
      );
      told(unit, id);
    };
    await expect(change(ownerless).catch(violatedConstraint)).resolves.toBe('project_users_owner_fkey');
    const trial = change(ownerless, { validateOnly: true });
    await expect(trial.catch(violatedConstraint)).resolves.toBe('project_users_owner_fkey');
  });
});

describe('A change that writes and records nothing', () => {
  const unrecorded = /changed rows and recorded no event/;
  const writes: Record<string, (unit: UnitOfWork, id: string) => Promise<unknown>> = {
    'an entity': async (unit, id) => {
      const project = await unit.em.findOneOrFail(Project, { id });
      project.name = 'after';
    },
    'an update': (unit, id) => rename(unit, id, 'after'),
    'an update by an alias': (unit, id) =>
      unit.db.updateTable('projects as p').set({ name: 'after' }).where('p.id', '=', id).execute(),
    'an update with a bare alias': (unit, id) =>
      sql`update only public.projects p set name = 'after' where p.id = ${id}`.execute(unit.db),
    'an insert': (unit, id) =>
      sql`insert into collections (project_id, name) values (${id}, 'c')`.execute(unit.db),
    'a delete': (unit, id) => sql`delete from projects where id = ${id}`.execute(unit.db),
    'a merge': (unit, id) =>
      sql`merge into projects p using (select ${id}::uuid as id) s on p.id = s.id
          when matched then update set name = 'after'`.execute(unit.db),
    'a select that writes beside it': (unit, id) =>
      sql`with renamed as (update projects set name = 'after' where id = ${id}) select 1`.execute(unit.db),
    'an update that writes nothing itself, and more beside it': (unit, id) =>
      sql`with renamed as (update projects set name = 'after' where id = ${id} returning id)
          update projects set name = 'none' where false`.execute(unit.db),
    'rows of its own besides': (unit, id) =>
      sql`with event as (insert into events (kind) values ('project_updated'))
          update projects set name = 'after' where id = ${id}`.execute(unit.db),
  };

  for (const [what, write] of Object.entries(writes)) {
    it(`is rolled back: ${what}`, async () => {
      const id = await aProject();
      await expect(change((unit) => write(unit, id))).rejects.toThrow(unrecorded);
      await expect(nameOf(id)).resolves.toBe('before');
    });
  }

  it('is fine when no row was written', async () => {
    const id = await aProject();
    await change(async (unit) => {
      await unit.em.findOneOrFail(Project, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      await unit.db.selectFrom('projects').select('id').where('id', '=', id).forUpdate().execute();
      await rename(unit, randomUUID(), 'nobody');
    });
  });

  it('is fine when it writes down that a call was made', async () => {
    await change(async (unit) => {
      await sql`insert into idempotency_keys (subject, method, request_id, request_hash)
                values ('s', 'm', ${randomUUID()}, '')`.execute(unit.db);
      await sql`update idempotency_keys set response = '' where subject = 's'`.execute(unit.db);
      await sql`delete from idempotency_keys`.execute(unit.db);
    });
  });
});

describe('A change whose caller leaves', () => {
  it('does not begin', async () => {
    const work = vi.fn();
    await expect(change(work, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(work).not.toHaveBeenCalled();
  });

  it('ends the statement that runs, and rolls back', async () => {
    const id = await aProject();
    const caller = new AbortController();
    const left = change(
      async (unit) => {
        await rename(unit, id, 'after');
        told(unit, id);
        await sql`select pg_sleep(60)`.execute(unit.db);
      },
      { signal: caller.signal },
    );
    await vi.waitFor(async () => expect(await running()).toContain('select pg_sleep(60)'));
    caller.abort(reason);

    await expect(left).rejects.toBe(reason);
    await expect(running()).resolves.toEqual([]);
    await expect(nameOf(id)).resolves.toBe('before');
  });

  it('ends an entity manager that waits for a lock', async () => {
    const id = await aProject();
    const caller = new AbortController();
    const holder = change(async (unit) => {
      await unit.em.findOneOrFail(Project, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      const left = change((other) => locked(other, id), { signal: caller.signal });
      await vi.waitFor(async () => expect(await running()).toHaveLength(1));
      caller.abort(reason);
      await expect(left).rejects.toBe(reason);
      await expect(running()).resolves.toEqual([]);
    });
    await holder;
  });

  it('begins no further statement, through the entity manager either', async () => {
    const id = await aProject();
    const caller = new AbortController();
    await change(async (unit) => {
      await locked(unit, id);
      const left = change(
        async (other) => {
          await sql`select 1`.execute(other.db);
          caller.abort(reason);
          // Nothing runs at this moment that could be cancelled, and this would wait for the holder of the lock.
          await locked(other, id);
        },
        { signal: caller.signal },
      );
      await expect(left).rejects.toBe(reason);
    });
  });

  it('writes nothing when the caller leaves at the very end', async () => {
    const id = await aProject();
    const caller = new AbortController();
    const left = change(
      async (unit) => {
        await rename(unit, id, 'after');
        told(unit, id);
        caller.abort(reason);
      },
      { signal: caller.signal },
    );
    await expect(left).rejects.toBe(reason);
    await expect(nameOf(id)).resolves.toBe('before');
  });

  it('does not wait for a connection any longer', async () => {
    const caller = new AbortController();
    const full = barrier(POOL + 1);
    const release = Promise.withResolvers<void>();
    const holders = Array.from({ length: POOL }, () =>
      change(async () => {
        await full();
        await release.promise;
      }),
    );
    await full();
    const left = change(async () => {}, { signal: caller.signal });
    caller.abort(reason);
    await expect(left).rejects.toBe(reason);
    release.resolve();
    await Promise.all(holders);
  });
});

describe('A change whose statements run side by side', () => {
  it('leaves no statement behind that writes outside the transaction', async () => {
    const id = await aProject();
    const failed = change(async (unit) => {
      told(unit, id);
      await Promise.all([
        sql`select 1 / 0`.execute(unit.db),
        sql`select pg_sleep(0.05)`.execute(unit.db).then(() => rename(unit, id, 'after')),
      ]);
    });
    await expect(failed.catch(sqlState)).resolves.toBe('22012');
    await expect(change(async (unit) => await unit.em.count(Project, { id, name: 'after' }))).resolves.toBe(
      0,
    );
  });
});

describe('A change that loses its connection', () => {
  it('fails as unavailable and gives the place in the pool back', async () => {
    const id = await aProject();
    for (let loss = 0; loss <= POOL; loss += 1) {
      const lost = change(async (unit) => {
        await rename(unit, id, `lost-${loss}`);
        told(unit, id);
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(unit.db);
        await execute(database.url, `select pg_terminate_backend(${rows[0]?.pid}, 5000)`);
        await rename(unit, id, `lost-${loss}`);
      });
      await expect(lost).rejects.toThrow(/terminat|not queryable/i);
    }
    await expect(nameOf(id)).resolves.toBe('before');
    await expect(change(async (unit) => await unit.em.count(Project, { id }))).resolves.toBe(1);
  });

  it('does so when it is lost between the last statement and the commit', async () => {
    const id = await aProject();
    for (let loss = 0; loss <= POOL; loss += 1) {
      const lost = change(async (unit) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(unit.db);
        await execute(database.url, `select pg_terminate_backend(${rows[0]?.pid}, 5000)`);
      });
      await expect(lost).rejects.toThrow(/terminat|not queryable/i);
    }
    await expect(change(async (unit) => await unit.em.count(Project, { id }))).resolves.toBe(1);
  });
});

describe('What a change records', () => {
  it('holds the fields of a new entity', async () => {
    const id = await change(async (unit) => {
      const project = unit.em.create(Project, { name: 'new', color: '#fff', headHash: '4f53cda18c2b' });
      unit.record({
        kind: 'project_created',
        projectId: project.id,
        itemType: 'project',
        itemId: project.id,
      });
      return project.id;
    });
    expect((await auditOf(id))[0]).toMatchObject({
      changes: { name: { after: 'new' }, color: { after: '#fff' } },
    });
  });

  it('holds before and after of a changed entity, and nothing else', async () => {
    const id = await aProject();
    await change(async (unit) => {
      const project = await unit.em.findOneOrFail(Project, { id });
      project.name = 'after';
      project.description = 'described';
      unit.record({ kind: 'project_updated', projectId: id, itemType: 'project', itemId: id });
    });
    await expect(auditOf(id)).resolves.toEqual([
      {
        kind: 'project_updated',
        item_type: 'project',
        item_id: id,
        project_id: id,
        actor_id: null,
        service: 'test',
        method: 'Test.Change',
        request_id: 'request',
        changes: {
          name: { before: 'before', after: 'after' },
          description: { before: null, after: 'described' },
        },
      },
    ]);
    await expect(eventsOf(id)).resolves.toEqual([
      {
        kind: 'project_updated',
        data: {
          name: { before: 'before', after: 'after' },
          description: { before: null, after: 'described' },
        },
      },
    ]);
  });

  it('spans all flushes of the change', async () => {
    const id = await aProject();
    await change(async (unit) => {
      const project = await unit.em.findOneOrFail(Project, { id });
      project.name = 'between';
      await unit.em.flush();
      project.name = 'after';
      unit.record({ kind: 'project_updated', projectId: id, itemType: 'project', itemId: id });
    });
    expect((await auditOf(id))[0]).toMatchObject({ changes: { name: { before: 'before', after: 'after' } } });
  });
});

function locked(unit: UnitOfWork, id: string): Promise<Project> {
  return unit.em.findOneOrFail(Project, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
}

function eventsOf(id: string) {
  return execute(database.url, `select kind, data from events where project_id = '${id}' order by id`);
}

function auditOf(id: string) {
  return execute(
    database.url,
    `select kind, item_type, item_id, project_id, actor_id, service, method, request_id, changes
     from audit_events where project_id = '${id}' order by id`,
  );
}

/** A place where so many meet; whoever comes later passes. */
function barrier(parties: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let missing = parties;
  return async () => {
    missing -= 1;
    if (missing === 0) resolve();
    await promise;
  };
}
