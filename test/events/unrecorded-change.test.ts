import { randomUUID } from 'node:crypto';
import type { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runChange } from '../../src/database/change.ts';
import { openOrm } from '../../src/database/orm.ts';
import type { UnitOfWork } from '../../src/database/unit-of-work.ts';
import { User } from '../../src/entities/user.ts';
import { createTestDatabase, execute } from '../support/database.ts';

const author = { actorId: null, service: 'tests', method: 'Tests.Change', requestId: 'a-request' };
const open = new AsyncDisposableStack();
let orm: MikroORM;
let url: string;

beforeAll(async () => {
  ({ url } = open.use(await createTestDatabase()));
  orm = await openOrm({ url, poolMax: 2, applicationName: 'tests', statementTimeoutMs: 10_000 });
  open.defer(() => orm.close(true));
});

afterAll(() => open.disposeAsync());

const change = <T>(work: (unit: UnitOfWork) => Promise<T>) =>
  runChange(orm, author, new AbortController().signal, work);
const users = () => execute(url, 'select email from users order by email');

function anEmail(): string {
  return `${randomUUID()}@example.org`;
}

/** Ways to write a row. */
const writes: Readonly<Record<string, (unit: UnitOfWork) => Promise<unknown>>> = {
  'an entity': async ({ em, now }) => {
    em.create(User, { email: anEmail(), insertedAt: now, updatedAt: now });
  },
  'an entity, flushed early': async ({ em, now }) => {
    em.create(User, { email: anEmail(), insertedAt: now, updatedAt: now });
    await em.flush();
  },
  'a query': ({ db }) => db.insertInto('users').values({ email: anEmail() }).execute(),
  'a select that writes': ({ db }) =>
    db
      .with('made', (made) => made.insertInto('users').values({ email: anEmail() }).returning('id'))
      .selectFrom('made')
      .select('id')
      .execute(),
};

describe('a change that records nothing', () => {
  it.each(Object.entries(writes))('is rolled back when it wrote by %s', async (_, write) => {
    const before = await users();
    await expect(change(write)).rejects.toThrow('Tests.Change changed rows and recorded no event');
    expect(await users()).toEqual(before);
  });

  it('may read, and write nothing', async () => {
    expect(await change(({ db }) => db.selectFrom('users').select('id').execute())).toEqual([]);
    await change(({ db }) => db.deleteFrom('users').where('email', '=', 'nobody').execute());
  });

  it.each(Object.entries(writes))('is kept with its event when it recorded one: %s', async (_, write) => {
    const itemId = randomUUID();
    const before = await users();
    await change(async (unit) => {
      await write(unit);
      unit.record({ kind: 'users_changed', projectId: null, itemType: 'user', itemId });
    });
    expect(await users()).toHaveLength(before.length + 1);
    expect(await execute(url, `select kind from audit_events where item_id = '${itemId}'`)).toEqual([
      { kind: 'users_changed' },
    ]);
  });
});
