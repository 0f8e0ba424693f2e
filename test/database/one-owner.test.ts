import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violatedConstraint } from '../../src/database/sql-state.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { endOf, openSessions, type Session } from './support/sessions.ts';

let database: TestDatabase;
let client: pg.Client;
const users = Array.from({ length: 4 }, () => randomUUID());

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  await client.query(
    `insert into users (id, email) select id, id || '@example.org' from unnest($1::uuid[]) id`,
    [users],
  );
});
afterAll(async () => {
  await client.end();
  await database.close();
});

/** A project with these members, by place of the person. */
async function aProject(roles: readonly (string | null)[]): Promise<string> {
  const id = randomUUID();
  await client.query(`insert into projects (id, name) values ($1, 'p')`, [id]);
  await client.query(
    `insert into project_users (project_id, user_id, role)
     select $1, user_id, role from unnest($2::uuid[], $3::text[]) as member (user_id, role) where role is not null`,
    [id, users.slice(0, roles.length), roles],
  );
  return id;
}

async function rolesIn(projectId: string): Promise<string[]> {
  const { rows } = await client.query<{ role: string }>(
    'select role from project_users where project_id = $1 order by role',
    [projectId],
  );
  return rows.map(({ role }) => role);
}

/** One change of a member, by place of the person. */
type Step =
  | { readonly kind: 'add' | 'change'; readonly who: number; readonly role: string }
  | { readonly kind: 'remove'; readonly who: number }
  | { readonly kind: 'swap'; readonly who: number }
  | { readonly kind: 'empty' };

/** The statements of a step, in SQL of their own: no rule of the service stands in between. */
function statementsOf(step: Step, projectId: string): string[] {
  const here = `project_id = '${projectId}'`;
  switch (step.kind) {
    case 'add':
      return [
        `insert into project_users (project_id, user_id, role)
         values ('${projectId}', '${users[step.who]}', '${step.role}') on conflict do nothing`,
      ];
    case 'change':
      return [
        `update project_users set role = '${step.role}' where ${here} and user_id = '${users[step.who]}'`,
      ];
    case 'remove':
      return [`delete from project_users where ${here} and user_id = '${users[step.who]}'`];
    case 'swap':
      return [
        `update project_users set role = 'admin' where ${here} and role = 'owner'`,
        `update project_users set role = 'owner' where ${here} and user_id = '${users[step.who]}'`,
      ];
    case 'empty':
      return [`delete from project_users where ${here}`];
  }
}

const who = fc.nat({ max: users.length - 1 });
/** To the database a role is the owner's or it is not: the fewer others, the more often a run is about the owner. */
const role = fc.constantFrom('viewer', 'owner');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('add', 'change'), who, role }),
  fc.record({ kind: fc.constant('remove'), who }),
  fc.record({ kind: fc.constant('swap'), who }),
  fc.constant({ kind: 'empty' as const }),
);
const isolation = fc.constantFrom('read committed', 'repeatable read', 'serializable');
const transaction = fc.record({
  isolation,
  steps: fc.array(step, { minLength: 1, maxLength: 3 }),
  /** Whether what holds at the commit is checked a statement before it. */
  early: fc.boolean(),
});
const run = fc.record({
  others: fc.tuple(fc.option(fc.constant('viewer')), fc.option(fc.constant('viewer'))),
  transactions: fc.array(transaction, { minLength: 2, maxLength: 3 }),
  /** Whose turn it is, again and again. */
  turns: fc.array(fc.nat({ max: 2 }), { minLength: 4, maxLength: 12 }),
});

/** Has the transactions take turns, statement by statement; a session that waits for a lock is passed over. */
async function interleave(
  sessions: readonly Session[],
  scripts: readonly (readonly string[])[],
  turns: readonly number[],
): Promise<void> {
  const left = scripts.map((script) => [...script]);
  const everyTurn = [...turns, ...scripts.flatMap((script, index) => script.map(() => index))];
  for (const turn of everyTurn) {
    const index = turn % scripts.length;
    const session = sessions[index];
    const statement = left[index]?.shift();
    if (session !== undefined && statement !== undefined) await session.start(statement);
  }
  await Promise.all(sessions.map((session) => session.end()));
}

describe('The owner of a project', () => {
  /** One transaction of the steps; what it failed with, if it did. */
  async function transact(projectId: string, ...steps: readonly Step[]): Promise<string | undefined> {
    try {
      await client.query(
        ['begin', ...steps.flatMap((one) => statementsOf(one, projectId)), 'commit'].join(';'),
      );
      return undefined;
    } catch (error) {
      await client.query('rollback');
      return violatedConstraint(error);
    }
  }

  it('may be missing on the way, if there is one when the transaction commits', async () => {
    const projectId = await aProject(['owner', 'viewer']);

    const replaced = await transact(
      projectId,
      { kind: 'remove', who: 0 },
      { kind: 'add', who: 2, role: 'admin' },
      { kind: 'change', who: 1, role: 'owner' },
    );

    expect(replaced).toBeUndefined();
    expect(await rolesIn(projectId)).toEqual(['admin', 'owner']);
  });

  it('is not missed where there is no member', async () => {
    const [empty, emptied] = [await aProject([]), await aProject(['owner', 'viewer'])];

    expect(await transact(emptied, { kind: 'empty' })).toBeUndefined();
    expect([await rolesIn(empty), await rolesIn(emptied)]).toEqual([[], []]);
  });

  it.each<[string, Step]>([
    ['is demoted', { kind: 'change', who: 0, role: 'admin' }],
    ['is removed', { kind: 'remove', who: 0 }],
  ])('is kept when a transaction would leave the project without: the owner %s', async (_, step) => {
    const projectId = await aProject(['owner', 'viewer']);

    expect(await transact(projectId, step)).toBe('project_users_owner_fkey');
    expect(await rolesIn(projectId)).toEqual(['owner', 'viewer']);
  });

  it('comes with the first member', async () => {
    const projectId = await aProject([]);

    expect(await transact(projectId, { kind: 'add', who: 0, role: 'admin' })).toBe(
      'project_users_owner_fkey',
    );
    expect(await transact(projectId, { kind: 'add', who: 0, role: 'owner' })).toBeUndefined();
  });
});

describe('Whatever transactions run beside each other', () => {
  it('a project that has members has exactly one owner after them', { timeout: 300_000 }, async () => {
    await using sessions = await openSessions(database.url, 3);
    let refused = 0;
    let committed = 0;

    await fc.assert(
      fc.asyncProperty(run, async ({ others, transactions, turns }) => {
        const projectId = await aProject(['owner', ...others]);
        const scripts = transactions.map(({ isolation, steps, early }) => [
          `begin isolation level ${isolation}`,
          ...steps.flatMap((one) => statementsOf(one, projectId)),
          ...(early ? ['set constraints all immediate'] : []),
          'commit',
        ]);
        await interleave(sessions.all.slice(0, scripts.length), scripts, turns);

        for (const session of sessions.all.slice(0, scripts.length)) {
          const failure = endOf(session);
          if (failure === undefined) committed += 1;
          else refused += 1;
          expect([undefined, ...REFUSALS]).toContain(failure);
        }
        const roles = await rolesIn(projectId);
        expect(roles.filter((one) => one === 'owner')).toHaveLength(roles.length === 0 ? 0 : 1);
      }),
      { numRuns: 1000 },
    );

    // Neither all nor none of them can have been refused, or this proves nothing.
    expect(committed).toBeGreaterThan(300);
    expect(refused).toBeGreaterThan(300);
  });
});

/** What a transaction may fail with: the two keys, the members' own key, and what concurrency alone refuses. */
const REFUSALS = [
  'project_owner_unique_index',
  'project_users_owner_fkey',
  'project_users_project_id_user_id_index',
  '40001',
  '40P01',
];
