import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Pool } from 'pg';
import type { PersonFacts, ProjectSight } from '../../../src/call/access.ts';
import { type Hat, type RoleName, roles } from '../../../src/call/permissions.ts';

/** A few people and projects, with everything that decides about access. */
export interface World {
  readonly people: readonly PersonFacts[];
  readonly projects: readonly WorldProject[];
}

interface WorldProject {
  /** Place of the parent among the projects before it; undefined for a root. */
  readonly parent: number | undefined;
  readonly allowSupportAccess: boolean;
  readonly scheduled: boolean;
  readonly deleting: boolean;
  /** Roles by place of the person. */
  readonly members: readonly (RoleName | null)[];
}

export const PEOPLE = 4;
export const PROJECTS = 5;

/** Nobody is an owner here: each project has one of whom nobody asks. */
const role = fc.constantFrom(null, ...roles.filter((name) => name !== 'owner'));

export const world: fc.Arbitrary<World> = fc.record({
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
        members: fc.array(role, { minLength: PEOPLE, maxLength: PEOPLE }),
      }),
    ),
  ),
});

/** The ids of a world that was written. */
export interface WrittenWorld {
  readonly userIds: readonly string[];
  readonly projectIds: readonly string[];
  readonly memberships: readonly { readonly id: string; readonly person: number; readonly project: number }[];
}

/** Writes a world with ids of its own, so that any number of them may stand side by side. */
export async function write({ people, projects }: World, pool: Pool): Promise<WrittenWorld> {
  const userIds = people.map(() => randomUUID());
  const projectIds = projects.map(() => randomUUID());
  const founder = randomUUID();
  await insert(
    pool,
    `insert into users (id, email, role, support_user, disabled)
     select id, id || '@example.org', case when superuser then 'superuser' else 'user' end, support, disabled
     from jsonb_to_recordset($1) as u (id uuid, superuser boolean, support boolean, disabled boolean)`,
    [{ superuser: false, supportUser: false, disabled: false }, ...people].map(
      ({ superuser, supportUser: support, disabled }, place) => ({
        id: place === 0 ? founder : userIds[place - 1],
        superuser,
        support,
        disabled,
      }),
    ),
  );
  await insert(
    pool,
    `insert into projects (id, name, parent_id, allow_support_access, scheduled_deletion, deletion_started_at)
     select id, id::text, parent_id, allow, case when scheduled then now() end, case when deleting then now() end
     from jsonb_to_recordset($1) as p
       (id uuid, parent_id uuid, allow boolean, scheduled boolean, deleting boolean)`,
    projects.map(({ parent, allowSupportAccess: allow, scheduled, deleting }, place) => {
      const parentId = parent === undefined ? null : projectIds[parent];
      return { id: projectIds[place], parent_id: parentId, allow, scheduled, deleting };
    }),
  );
  const memberships = projects.flatMap(({ members }, project) =>
    members.flatMap((held, person) =>
      held === null ? [] : [{ id: randomUUID(), person, project, role: held }],
    ),
  );
  await insert(
    pool,
    `insert into project_users (id, project_id, user_id, role)
     select id, project_id, user_id, role
     from jsonb_to_recordset($1) as m (id uuid, project_id uuid, user_id uuid, role text)`,
    [
      ...projectIds.map((id) => ({ id: randomUUID(), project_id: id, user_id: founder, role: 'owner' })),
      ...memberships.map(({ id, person, project, role: held }) => ({
        id,
        project_id: projectIds[project],
        user_id: userIds[person],
        role: held,
      })),
    ],
  );
  return { userIds, projectIds, memberships };
}

async function insert(pool: Pool, statement: string, records: readonly object[]): Promise<void> {
  await pool.query(statement, [JSON.stringify(records)]);
}

/** What is to be found out about a person, null for nobody, and a project, null for none. */
export function expected(
  { people, projects }: World,
  person: number | null,
  place: number | null,
): Omit<ProjectSight, 'row'> {
  const facts = people[person ?? PEOPLE] ?? { superuser: false, supportUser: false, disabled: false };
  const hatIn = ({ members, allowSupportAccess }: WorldProject): Hat | null => {
    const held = person === null ? null : members[person];
    return held ?? (facts.supportUser && allowSupportAccess ? 'support' : null);
  };
  const project = projects[place ?? PROJECTS];
  if (project === undefined || project.deleting) {
    return { ...facts, isSandbox: false, pendingDeletion: false, hat: null, rootHat: null };
  }
  const isSandbox = project.parent !== undefined;
  return {
    ...facts,
    isSandbox,
    pendingDeletion: project.scheduled,
    hat: hatIn(project),
    rootHat: isSandbox ? hatIn(rootOf(project, projects)) : null,
  };
}

function rootOf(project: WorldProject, projects: readonly WorldProject[]): WorldProject {
  const parent = projects[project.parent ?? PROJECTS];
  return parent === undefined ? project : rootOf(parent, projects);
}
