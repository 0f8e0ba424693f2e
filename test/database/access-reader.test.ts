import { randomUUID } from 'node:crypto';
import type { MikroORM } from '@mikro-orm/postgresql';
import fc from 'fast-check';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AccessReader } from '../../src/call/access.ts';
import { accessReader } from '../../src/database/access-reader.ts';
import { openOrm } from '../../src/database/orm.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { expected, PEOPLE, PROJECTS, world, write } from './support/access-world.ts';

let database: TestDatabase;
let orm: MikroORM;
let pool: Pool;
let reader: AccessReader;

beforeAll(async () => {
  database = await createTestDatabase();
  orm = await openOrm({ url: database.url, poolMax: 4, applicationName: 'access', statementTimeoutMs: 0 });
  pool = await orm.em.getConnection().getNativeClient();
  reader = accessReader(pool);
});

afterAll(async () => {
  await orm.close(true);
  await database.close();
});

/** Places in a world; one more person, project or membership than there are is a stranger to the database. */
const question = fc.record({
  about: fc.constantFrom('person' as const, 'project' as const, 'member' as const),
  /** Null: a service, which is nobody. */
  person: fc.option(fc.nat({ max: PEOPLE })),
  project: fc.nat({ max: PROJECTS }),
  membership: fc.nat({ max: PEOPLE * PROJECTS }),
});

it('tells each caller its own, however many ask in one tick', async () => {
  await fc.assert(
    fc.asyncProperty(world, fc.array(question, { minLength: 1, maxLength: 60 }), async (made, questions) => {
      const { userIds, projectIds, memberships } = await write(made, pool);
      const isGone = (project: number | null) => made.projects[project ?? PROJECTS]?.deleting !== false;

      await Promise.all(
        questions.map(async ({ about, person, project, membership }) => {
          const userId = person === null ? null : (userIds[person] ?? randomUUID());
          if (about === 'person') {
            const { superuser, supportUser, disabled } = expected(made, person, null);
            const facts = await reader.person(userId ?? randomUUID());
            return expect(facts).toEqual({ superuser, supportUser, disabled });
          }
          if (about === 'project') {
            const { row, ...sight } = await reader.project(userId, projectIds[project] ?? randomUUID());
            expect(row?.id).toBe(isGone(project) ? undefined : projectIds[project]);
            return expect(sight).toEqual(expected(made, person, project));
          }
          const member = memberships[membership];
          const place = member?.project ?? null;
          const { row, memberUserId, ...sight } = await reader.member(userId, member?.id ?? randomUUID());
          expect(row?.id).toBe(isGone(place) ? undefined : projectIds[place ?? PROJECTS]);
          expect(memberUserId).toBe(member === undefined ? null : userIds[member.person]);
          expect(sight).toEqual(expected(made, person, place));
        }),
      );
    }),
    { numRuns: 40 },
  );
});

it('ends when parents run in a circle, and finds no root there', async () => {
  const project = {
    allowSupportAccess: false,
    scheduled: false,
    deleting: false,
    members: ['admin'] as const,
  };
  const circle = {
    people: [{ superuser: false, supportUser: false, disabled: false }],
    projects: [undefined, 0, 1].map((parent) => ({ ...project, parent })),
  };
  const { userIds, projectIds } = await write(circle, pool);
  const [user = ''] = userIds;
  const [first = '', , last = ''] = projectIds;
  await pool.query('update projects set parent_id = $2 where id = $1', [first, last]);
  await expect(reader.project(user, first)).resolves.toMatchObject({
    hat: 'admin',
    rootHat: null,
    isSandbox: true,
  });
});
