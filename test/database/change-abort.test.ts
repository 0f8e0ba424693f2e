import { LockMode } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { UnitOfWork } from '../../src/database/unit-of-work.ts';
import { Project } from '../../src/entities/project.ts';
import { barrier, type Changes, openChanges, rename, told } from './support/changes.ts';

let changes: Changes;
beforeAll(async () => {
  changes = await openChanges();
});
afterAll(() => changes[Symbol.asyncDispose]());

const reason = new Error('the caller left');

function locked(unit: UnitOfWork, id: string): Promise<Project> {
  return unit.em.findOneOrFail(Project, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
}

describe('A change whose caller leaves', () => {
  it('does not begin', async () => {
    const work = vi.fn();
    await expect(changes.run(work, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(work).not.toHaveBeenCalled();
  });

  it('ends the statement that runs, and rolls back', async () => {
    const id = await changes.aProject();
    const caller = new AbortController();
    const left = changes.run(
      async (unit) => {
        await rename(unit, id, 'after');
        told(unit, id);
        await sql`select pg_sleep(60)`.execute(unit.db);
      },
      { signal: caller.signal },
    );
    await expect.poll(() => changes.running()).toContain('select pg_sleep(60)');
    caller.abort(reason);

    await expect(left).rejects.toBe(reason);
    await expect(changes.running()).resolves.toEqual([]);
    await expect(changes.nameOf(id)).resolves.toBe('before');
  });

  it('ends an entity manager that waits for a lock', async () => {
    const id = await changes.aProject();
    const caller = new AbortController();
    const holder = changes.run(async (unit) => {
      await unit.em.findOneOrFail(Project, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      const left = changes.run((other) => locked(other, id), { signal: caller.signal });
      await expect.poll(() => changes.running()).toHaveLength(1);
      caller.abort(reason);
      await expect(left).rejects.toBe(reason);
      await expect(changes.running()).resolves.toEqual([]);
    });
    await holder;
  });

  it('begins no further statement, through the entity manager either', async () => {
    const id = await changes.aProject();
    const caller = new AbortController();
    await changes.run(async (unit) => {
      await locked(unit, id);
      const left = changes.run(
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
    const id = await changes.aProject();
    const caller = new AbortController();
    const left = changes.run(
      async (unit) => {
        await rename(unit, id, 'after');
        told(unit, id);
        caller.abort(reason);
      },
      { signal: caller.signal },
    );
    await expect(left).rejects.toBe(reason);
    await expect(changes.nameOf(id)).resolves.toBe('before');
  });

  it('does not wait for a connection any longer', async () => {
    const caller = new AbortController();
    const full = barrier(changes.poolMax + 1);
    const release = Promise.withResolvers<void>();
    const holders = Array.from({ length: changes.poolMax }, () =>
      changes.run(async () => {
        await full();
        await release.promise;
      }),
    );
    await full();
    const left = changes.run(async () => {}, { signal: caller.signal });
    caller.abort(reason);
    await expect(left).rejects.toBe(reason);
    release.resolve();
    await Promise.all(holders);
  });

  it('does not wait for its next attempt', async () => {
    const id = await changes.aProject();
    const caller = new AbortController();
    let attempts = 0;
    const left = changes.run(
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
    await expect(changes.nameOf(id)).resolves.toBe('before');
  });
});
