import { randomUUID } from 'node:crypto';
import type { Client } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { DirectoryService, startTestService, type TestService } from '../support/service.ts';

let service: TestService;
let directory: Client<typeof DirectoryService>;

beforeAll(async () => {
  service = await startTestService();
  directory = service.client(DirectoryService, service.admin);
});
beforeEach(async () => {
  await rows(service, 'delete from events');
  await rows(service, 'delete from users');
});
afterAll(() => service.close());

/** A person whom nobody else resembles. */
function person() {
  const id = randomUUID();
  return { id, email: `${id}@example.org`, firstName: 'Ada', lastName: 'Byron' };
}

interface Recorded {
  readonly item_id: string;
  readonly changes: unknown;
}

function audited(ids: readonly string[]): Promise<Recorded[]> {
  return rows(
    service,
    `select item_id, changes from audit_events
     where kind = 'users_changed' and item_type = 'user' and item_id = any($1) order by id`,
    [ids],
  );
}

describe('UpsertUsers', () => {
  it('creates people and answers in the order of the request', async () => {
    const users = [person(), person(), person()].toSorted((a, b) => (a.id < b.id ? 1 : -1));

    const answer = await directory.upsertUsers({ users });

    expect(answer.users).toMatchObject(
      users.map((user) => ({ ...user, superuser: false, supportUser: false, disabled: false })),
    );
    expect((await directory.batchGetUsers({ ids: users.map(({ id }) => id) })).users).toEqual(answer.users);
  });

  it('replaces all that was known: what is left out becomes empty or false', async () => {
    const { id, email } = person();
    await directory.upsertUsers({
      users: [
        {
          id,
          email,
          firstName: 'Ada',
          lastName: 'Byron',
          superuser: true,
          supportUser: true,
          disabled: true,
        },
      ],
    });

    const { users } = await directory.upsertUsers({ users: [{ id, email: `new-${email}` }] });

    expect(users).toMatchObject([
      {
        id,
        email: `new-${email}`,
        firstName: '',
        lastName: '',
        superuser: false,
        supportUser: false,
        disabled: false,
      },
    ]);
  });

  it('takes ids in either case and answers in lower case', async () => {
    const user = person();

    await directory.upsertUsers({ users: [user] });
    const { users } = await directory.upsertUsers({ users: [{ ...user, id: user.id.toUpperCase() }] });

    expect(users.map(({ id }) => id)).toEqual([user.id]);
  });

  it('leaves an event and an audit row for each person who changed, and nothing for the others', async () => {
    const [kept, renamed, added] = [person(), person(), person()];
    const before = await directory.upsertUsers({ users: [kept, renamed] });

    const { users } = await directory.upsertUsers({
      users: [kept, { ...renamed, firstName: 'Grace', superuser: true }, added],
    });

    expect(users[0]).toEqual(before.users[0]);
    expect(await audited([kept.id])).toHaveLength(1);
    expect((await audited([renamed.id]))[1]?.changes).toEqual({
      first_name: { before: 'Ada', after: 'Grace' },
      role: { before: 'user', after: 'superuser' },
    });
    expect((await audited([added.id]))[0]?.changes).toMatchObject({ email: { after: added.email } });
    expect(await rows(service, 'select kind, project_id from events')).toEqual(
      Array.from({ length: 4 }, () => ({ kind: 'users_changed', project_id: null })),
    );
  });

  it('writes nothing at all when nothing changed', async () => {
    const users = [person(), person()];
    const before = await directory.upsertUsers({ users });
    await rows(service, 'delete from events');

    const after = await directory.upsertUsers({ users });

    expect(after.users).toEqual(before.users);
    expect(await rows(service, 'select from events')).toEqual([]);
  });

  it('refuses an address that another user has, whatever its case, naming each and writing none', async () => {
    const [holder, other] = [person(), person()];
    await directory.upsertUsers({ users: [holder] });

    const refused = await refusal(
      directory.upsertUsers({ users: [other, { ...person(), email: holder.email.toUpperCase() }] }),
    );

    expect(refused).toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'EMAIL_TAKEN',
      fields: { 'users[1].email': expect.stringContaining(holder.id) },
      resources: [`user/${holder.id}`],
    });
    expect((await directory.batchGetUsers({ ids: [other.id] })).missingIds).toEqual([other.id]);
  });

  it('refuses ids and addresses that stand in the request twice, all at once', async () => {
    const [first, second] = [person(), person()];

    const refused = await refusal(
      directory.upsertUsers({
        users: [
          first,
          second,
          { id: first.id.toUpperCase(), email: second.email.toUpperCase() },
          { ...person(), email: first.email },
        ],
      }),
    );

    expect(refused).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'VALIDATION_FAILED',
      fields: { 'users[2].id': 'REPEATED', 'users[2].email': 'REPEATED', 'users[3].email': 'REPEATED' },
    });
  });

  it('lets addresses change hands within one request', async () => {
    const [a, b, c] = [person(), person(), person()];
    await directory.upsertUsers({ users: [a, b, c] });

    const { users } = await directory.upsertUsers({
      users: [
        { ...a, email: b.email },
        { ...b, email: c.email },
        { ...c, email: a.email },
      ],
    });

    expect(users.map(({ email }) => email)).toEqual([b.email, c.email, a.email]);
    expect((await audited([a.id]))[1]?.changes).toEqual({ email: { before: a.email, after: b.email } });
  });

  it('folds the case of ASCII letters alone, in a request as in the database', async () => {
    const [upper, lower] = [
      { ...person(), email: 'Ä@example.org' },
      { ...person(), email: 'ä@EXAMPLE.org' },
    ];

    await directory.upsertUsers({ users: [upper, lower] });
    await directory.upsertUsers({ users: [upper] });

    const refused = await refusal(
      directory.upsertUsers({ users: [{ ...person(), email: 'ä@example.ORG' }] }),
    );
    expect(refused).toMatchObject({ reason: 'EMAIL_TAKEN', resources: [`user/${lower.id}`] });
  });

  it('writes a thousand people with one statement', async () => {
    await rows(service, 'create table if not exists written (statements int)');
    await rows(
      service,
      `create or replace function count_statement() returns trigger language plpgsql
       as $$ begin insert into written values (1); return null; end $$`,
    );
    await rows(
      service,
      `create or replace trigger counted after insert on users
       for each statement execute function count_statement()`,
    );
    const users = Array.from({ length: 1000 }, person);

    await directory.upsertUsers({ users });
    await directory.upsertUsers({ users: users.map((user) => ({ ...user, firstName: 'Grace' })) });

    expect(await rows(service, 'select count(*)::int as n from written')).toEqual([{ n: 2 }]);
    expect(await rows(service, `select count(*)::int as n from users where first_name = 'Grace'`)).toEqual([
      { n: 1000 },
    ]);
  });

  it('never deadlocks when requests name the same people in different orders', async () => {
    const people = Array.from({ length: 500 }, person);
    const requests = Array.from({ length: 6 }, (_, index) => {
      const users = people.map((user) => ({ ...user, firstName: `Writer ${index}` }));
      return index % 2 === 0 ? users : users.toReversed();
    });

    await Promise.all(requests.map((users) => directory.upsertUsers({ users })));

    expect(await rows(service, 'select distinct first_name from users')).toEqual([
      { first_name: expect.stringMatching(/^Writer [0-5]$/) },
    ]);
    expect(
      await rows(service, 'select deadlocks::int from pg_stat_database where datname = current_database()'),
    ).toEqual([{ deadlocks: 0 }]);
  });

  it('gives an address that several want at once to exactly one of them', async () => {
    const email = 'wanted@example.org';
    const wanting = Array.from({ length: 6 }, () => ({ ...person(), email }));

    const attempts = await Promise.allSettled(
      wanting.map((user) => directory.upsertUsers({ users: [person(), user] })),
    );

    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const attempt of attempts) {
      if (attempt.status === 'rejected') {
        expect((await refusal(Promise.reject(attempt.reason))).reason).toBe('EMAIL_TAKEN');
      }
    }
    expect(await rows(service, 'select count(*)::int as n from users')).toEqual([{ n: 2 }]);
  });
});
