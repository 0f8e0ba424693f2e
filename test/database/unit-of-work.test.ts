import { randomUUID } from 'node:crypto';
import { LockMode } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UnitOfWork } from '../../src/database/unit-of-work.ts';
import { Project } from '../../src/entities/project.ts';
import { execute } from '../support/database.ts';
import { type Changes, openChanges, rename } from './support/changes.ts';

let changes: Changes;
beforeAll(async () => {
  changes = await openChanges();
});
afterAll(() => changes[Symbol.asyncDispose]());

function eventsOf(id: string) {
  return execute(changes.url, `select kind, data from events where project_id = '${id}' order by id`);
}

function auditOf(id: string) {
  return execute(
    changes.url,
    `select kind, item_type, item_id, project_id, actor_id, service, method, request_id, changes
     from audit_events where project_id = '${id}' order by id`,
  );
}

describe('A change that writes and records nothing', () => {
  const unrecorded = /changed rows and recorded no event/;
  /** Besides those of `test/events/unrecorded-change.test.ts`. */
  const writes: Record<string, (unit: UnitOfWork, id: string) => Promise<unknown>> = {
    'an update': (unit, id) => rename(unit, id, 'after'),
    'an update by an alias': (unit, id) =>
      unit.db.updateTable('projects as p').set({ name: 'after' }).where('p.id', '=', id).execute(),
    'an update with a bare alias': (unit, id) =>
      sql`update only public.projects p set name = 'after' where p.id = ${id}`.execute(unit.db),
    'a delete': (unit, id) => sql`delete from projects where id = ${id}`.execute(unit.db),
    'a merge': (unit, id) =>
      sql`merge into projects p using (select ${id}::uuid as id) s on p.id = s.id
          when matched then update set name = 'after'`.execute(unit.db),
    'an update that writes nothing itself, and more beside it': (unit, id) =>
      sql`with renamed as (update projects set name = 'after' where id = ${id} returning id)
          update projects set name = 'none' where false`.execute(unit.db),
    'rows of its own besides': (unit, id) =>
      sql`with event as (insert into events (kind) values ('project_updated'))
          update projects set name = 'after' where id = ${id}`.execute(unit.db),
  };

  for (const [what, write] of Object.entries(writes)) {
    it(`is rolled back: ${what}`, async () => {
      const id = await changes.aProject();
      await expect(changes.run((unit) => write(unit, id))).rejects.toThrow(unrecorded);
      await expect(changes.nameOf(id)).resolves.toBe('before');
    });
  }

  it('is fine when no row was written', async () => {
    const id = await changes.aProject();
    await changes.run(async (unit) => {
      await unit.em.findOneOrFail(Project, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      await unit.db.selectFrom('projects').select('id').where('id', '=', id).forUpdate().execute();
      await rename(unit, randomUUID(), 'nobody');
    });
  });

  it('is fine when it writes down that a call was made', async () => {
    await changes.run(async (unit) => {
      await sql`insert into idempotency_keys (subject, method, request_id, request_hash)
                values ('s', 'm', ${randomUUID()}, '')`.execute(unit.db);
      await sql`update idempotency_keys set response = '' where subject = 's'`.execute(unit.db);
      await sql`delete from idempotency_keys`.execute(unit.db);
    });
  });
});

describe('What a change records', () => {
  it('holds what a new entity has, by column', async () => {
    const parentId = await changes.aProject();
    const id = await changes.run(async (unit) => {
      const parent = unit.em.getReference(Project, parentId);
      const project = unit.em.create(Project, {
        name: 'new',
        color: '#fff',
        parent,
        historyRetentionPeriod: null,
        // What the service keeps for itself is no news.
        headHash: '000000000000',
      });
      unit.record({
        kind: 'project_created',
        projectId: project.id,
        itemType: 'project',
        itemId: project.id,
      });
      return project.id;
    });
    const [created] = await auditOf(id);
    expect(created?.changes).toEqual({
      id: { after: id },
      name: { after: 'new' },
      color: { after: '#fff' },
      parent_id: { after: parentId },
      // The defaults, too.
      allow_support_access: { after: false },
      requires_mfa: { after: false },
      retention_policy: { after: 'retain_all' },
    });
  });

  it('holds before and after of a changed entity, and nothing else', async () => {
    const id = await changes.aProject();
    await changes.run(async (unit) => {
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
    const id = await changes.aProject();
    await changes.run(async (unit) => {
      const project = await unit.em.findOneOrFail(Project, { id });
      project.name = 'between';
      await unit.em.flush();
      project.name = 'after';
      unit.record({ kind: 'project_updated', projectId: id, itemType: 'project', itemId: id });
    });
    expect((await auditOf(id))[0]).toMatchObject({ changes: { name: { before: 'before', after: 'after' } } });
  });
});
