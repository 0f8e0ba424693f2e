import { randomUUID } from 'node:crypto';
import type { MikroORM } from '@mikro-orm/postgresql';
import fc from 'fast-check';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccessReader, ProjectSight } from '../../src/call/access.ts';
import { type Hat, type RoleName, roles } from '../../src/call/permissions.ts';
import { accessReader } from '../../src/database/access-reader.ts';
import { openOrm } from '../../src/database/orm.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

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

interface Person {
  readonly superuser: boolean;
  readonly supportUser: boolean;
  readonly disabled: boolean;
}

interface Node {
  /** Place of the parent among the projects before it; undefined for a root. */
  readonly parent: number | undefined;
  readonly allowSupportAccess: boolean;
  readonly scheduled: boolean;
  readonly deleting: boolean;
  /** Roles by place of the person. */
  readonly members: readonly (RoleName | null)[];
}

interface World {
  readonly people: readonly Person[];
  readonly projects: readonly Node[];
}

const PEOPLE = 4;
const PROJECTS = 5;

const world: fc.Arbitrary<World> = fc.record({
  people: fc.array(
    fc.record({ superuser: fc.boolean(), supportUser: fc.boolean(), disabled: fc.boolean() }),
    { minLength: PEOPLE, maxLength: PEOPLE },
  ),
  projects: fc.tuple(
    ...Array.from({ length: PROJECTS }, (_, place) =>
      fc.record({
        parent:
          place === 0 ? fc.constant(undefined) : fc.option(fc.nat({ max: place - 1 }), { nil: undefined }),
        allowSupportAccess: fc.boolean(),
        scheduled: fc.boolean(),
        deleting: fc.boolean(),
        members: fc.array(fc.constantFrom(null, ...roles.filter((role) => role !== 'owner')), {
          minLength: PEOPLE,
          maxLength: PEOPLE,
        }),
      }),
    ),
  ),
});

/** Writes the world with fresh ids. */
async function write({ people, projects }: World): Promise<{ userIds: string[]; projectIds: string[] }> {
  const userIds = people.map(() => randomUUID());
  const projectIds = projects.map(() => randomUUID());
  await pool.query(
    `insert into users (id, email, role, support_user, disabled)
     select id, id || '@example.org', case when superuser then 'superuser' else 'user' end, support, disabled
     from jsonb_to_recordset($1) as u (id uuid, superuser boolean, support boolean, disabled boolean)`,
    [
      JSON.stringify(
        people.map((person, place) => ({ id: userIds[place], ...person, support: person.supportUser })),
      ),
    ],
  );
  await pool.query(
    `insert into projects (id, name, parent_id, allow_support_access, scheduled_deletion, deletion_started_at)
     select id, id::text, parent_id, allow, case when scheduled then now() end, case when deleting then now() end
     from jsonb_to_recordset($1) as p
       (id uuid, parent_id uuid, allow boolean, scheduled boolean, deleting boolean)`,
    [
      JSON.stringify(
        projects.map(({ parent, allowSupportAccess, scheduled, deleting }, place) => ({
          id: projectIds[place],
          parent_id: parent === undefined ? null : projectIds[parent],
          allow: allowSupportAccess,
          scheduled,
          deleting,
        })),
      ),
    ],
  );
  // Whoever has members has an owner too, of whom nobody asks.
  const founder = randomUUID();
  await pool.query(`insert into users (id, email) values ($1, $1::uuid || '@example.org')`, [founder]);
  const owners = projectIds.map((id) => ({ project_id: id, user_id: founder, role: 'owner' }));
  const memberships = projects.flatMap(({ members }, project) =>
    members.flatMap((role, person) =>
      role === null ? [] : [{ project_id: projectIds[project], user_id: userIds[person], role }],
    ),
  );
  await pool.query(
    `insert into project_users (project_id, user_id, role)
     select project_id, user_id, role from jsonb_to_recordset($1) as m (project_id uuid, user_id uuid, role text)`,
    [JSON.stringify([...owners, ...memberships])],
  );
  return { userIds, projectIds };
}

/** What the reader must say of a person, null for nobody, and a project. */
function expected(
  { people, projects }: World,
  person: number | null,
  place: number,
): Omit<ProjectSight, 'row'> {
  const { superuser = false, supportUser = false, disabled = false } = people[person ?? -1] ?? {};
  const hatIn = (project: Node | undefined): Hat | null => {
    if (project === undefined) return null;
    const role = person === null ? null : project.members[person];
    return role ?? (supportUser && project.allowSupportAccess ? 'support' : null);
  };
  const project = projects[place];
  if (project === undefined || project.deleting) {
    return { superuser, supportUser, disabled, ...nothing };
  }
  let root: Node | undefined = project;
  while (root?.parent !== undefined) root = projects[root.parent];
  const isSandbox = project.parent !== undefined;
  return {
    superuser,
    supportUser,
    disabled,
    isSandbox,
    pendingDeletion: project.scheduled,
    hat: hatIn(project),
    rootHat: isSandbox ? hatIn(root) : null,
  };
}

const nothing = { isSandbox: false, pendingDeletion: false, hat: null, rootHat: null };

describe('What is read about access', () => {
  it('is each caller’s own, however many ask in one tick', async () => {
    await fc.assert(
      fc.asyncProperty(
        world,
        fc.array(
          fc.record({
            person: fc.option(fc.nat({ max: PEOPLE })),
            project: fc.nat({ max: PROJECTS }),
          }),
          { minLength: 1, maxLength: 60 },
        ),
        async (made, questions) => {
          const { userIds, projectIds } = await write(made);
          // One more person and one more project than there are: strangers to the database.
          const [strangers, nowhere] = [
            [...userIds, randomUUID()],
            [...projectIds, randomUUID()],
          ];
          const answers = await Promise.all(
            questions.map(({ person, project }) =>
              reader.project(person === null ? null : (strangers[person] ?? ''), nowhere[project] ?? ''),
            ),
          );
          answers.forEach(({ row, ...sight }, index) => {
            const { person, project } = questions[index] ?? { person: null, project: 0 };
            expect(sight).toEqual(expected(made, person, project));
            const seen = made.projects[project]?.deleting === false ? projectIds[project] : undefined;
            expect(row?.id).toBe(seen);
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('keeps questions about people and about projects apart', async () => {
    const { userIds, projectIds } = await write({
      people: [
        { superuser: true, supportUser: false, disabled: false },
        { superuser: false, supportUser: true, disabled: true },
      ],
      projects: [
        {
          parent: undefined,
          allowSupportAccess: true,
          scheduled: false,
          deleting: false,
          members: ['admin', null],
        },
      ],
    });
    const [root = '', support = ''] = userIds;
    const [project = ''] = projectIds;
    const [person, sight, other, service] = await Promise.all([
      reader.person(root),
      reader.project(support, project),
      reader.person(randomUUID()),
      reader.project(null, project),
    ]);
    expect(person).toEqual({ superuser: true, supportUser: false, disabled: false });
    expect(sight).toMatchObject({ superuser: false, supportUser: true, disabled: true, hat: 'support' });
    expect(other).toEqual({ superuser: false, supportUser: false, disabled: false });
    expect(service).toMatchObject({ hat: null, superuser: false, row: { id: project } });
  });

  it('ends when parents run in a circle, and finds no root there', async () => {
    const node = {
      allowSupportAccess: false,
      scheduled: false,
      deleting: false,
      members: ['admin'] as const,
    };
    const { userIds, projectIds } = await write({
      people: [{ superuser: false, supportUser: false, disabled: false }],
      projects: [
        { ...node, parent: undefined },
        { ...node, parent: 0 },
        { ...node, parent: 1 },
      ],
    });
    const [user = ''] = userIds;
    const [first = '', , last = ''] = projectIds;
    await pool.query('update projects set parent_id = $2 where id = $1', [first, last]);
    await expect(reader.project(user, first)).resolves.toMatchObject({
      hat: 'admin',
      rootHat: null,
      isSandbox: true,
    });
  });
});
