import { CompiledQuery } from 'kysely';
import type { Pool } from 'pg';
import type { AccessReader, OperationSight, PersonFacts, ProjectSight } from '../call/access.ts';
import type { Hat, RoleName } from '../call/permissions.ts';
import { coalesced } from './coalesced.ts';
import { preparedText } from './prepared.ts';
import { type ProjectRow, projectColumns } from './project-row.ts';
import type { Queries } from './queries.ts';

/**
 * What decides about access, and the project's row with it, so that a call that reads one project needs no further
 * statement: one JSON array a question ({@link Told}), which costs both sides less than twenty columns and less than an
 * object, whose names would be told each time.
 *
 * A prepared statement on the pool itself instead of Kysely, which cannot name one: planning this takes several times
 * as long as running it. All but the project is asked for in sub-selects of the answer, so that each question is a
 * handful of index probes whatever the planner believes, and the least for PostgreSQL to set up: joins of the same
 * take a quarter longer. For the same reason what only sandboxes need is in a function.
 *
 * @param asked expressions; the project's is null where there is none
 * @param source of the answers, with `p`, the row of the question's project if there is one
 */
const sightOf = ({ userId, projectId }: Asked, source: string, ...more: readonly string[]) => `
  select json_build_array(${[
    `(select array[role = 'superuser', support_user, disabled] from users where id = ${userId})`,
    `(select role from project_users where project_id = ${projectId} and user_id = ${userId})`,
    `case when p.parent_id is not null then root_standing(p.parent_id, ${userId}) end`,
    ...projectColumns.map(asStored),
    ...more,
  ].join(', ')}) as sight
  from ${source}`;

interface Asked {
  readonly userId: string;
  readonly projectId: string;
}

/** JSON has a form of its own for moments. */
function asStored(column: (typeof projectColumns)[number]): string {
  return /_at$|_deletion$/.test(column) ? `p.${column}::text` : `p.${column}`;
}

/**
 * A question by itself, which is most of them while there is little to do, is spared the arrays. Sub-selects that depend on
 * the parameters alone cost PostgreSQL the least.
 */
const ONE: Asked = { userId: '$1::uuid', projectId: '$2::uuid' };
/** Without a row where there is no project: that one may be is cheaper to set up than that one is. */
const ONE_SIGHT = sightOf(ONE, `projects p where p.id = ${ONE.projectId} and p.deletion_started_at is null`);
const DOOMED_SIGHT = sightOf(
  { ...ONE, projectId: 'p.id' },
  `(select) q left join projects p on p.id = ${ONE.projectId} and p.deletion_started_at is not null`,
);

/** Fenced with `offset 0`: as a plain join a generic plan reads all projects. */
const THEIR_PROJECTS = `left join lateral (
    select * from projects where id = q.project_id and deletion_started_at is null offset 0
  ) p on true`;

/** `(select $1)` hides how long the arrays are: a planner that sees it prefers to plan anew for each short one. */
const MANY = 'unnest((select $1::uuid[]), (select $2::uuid[])) with ordinality';
const MANY_PROJECTS = `${MANY} as q (user_id, project_id, place)`;

const EACH: Asked = { userId: 'q.user_id', projectId: 'p.id' };

const SIGHT = `
  ${sightOf(EACH, `${MANY_PROJECTS} ${THEIR_PROJECTS}`)}
  order by q.place`;

/** The same of the project that a membership belongs to, found on the way; whose membership it is comes last. */
const MEMBER_SIGHT = `
  ${sightOf(
    EACH,
    `(
      select asked.user_id, asked.place, member.project_id, member.user_id as member_user_id
      from ${MANY} as asked (user_id, member_id, place)
      left join lateral (
        select project_id, user_id from project_users where id = asked.member_id offset 0
      ) member on true
    ) q
    ${THEIR_PROJECTS}`,
    'q.member_user_id',
  )}
  order by q.place`;

/** Whatever the state of the project: who heads it may watch how it goes. `$1` is the person. */
const operationFacts = (projectId: string) => `
  coalesce((select role = 'superuser' from users where id = $1::uuid), false) as superuser,
  coalesce((select support_user from users where id = $1::uuid), false) as "supportUser",
  coalesce((select disabled from users where id = $1::uuid), false) as disabled,
  (
    select max(role) from project_users
    where user_id = $1::uuid and role in ('owner', 'admin') and project_id in (${projectId}, project_root(${projectId}))
  ) as "headRole"`;

const OPERATION_SIGHT = `
  select o.actor_id is not null and o.actor_id = $1::uuid as "isOwn", ${operationFacts('o.project_id')}
  from (select $2::uuid as id) asked left join operations o using (id)`;

const OPERATIONS_SIGHT = `select false as "isOwn", ${operationFacts('$2::uuid')}`;

const nobody = { isOwn: false, headRole: null, superuser: false, supportUser: false, disabled: false };

/** An answer of {@link sightOf}. */
type Told = readonly [
  /** Whether the person is a superuser, may give support, is disabled; null for nobody that is known. */
  person: readonly [superuser: boolean, support: boolean, disabled: boolean] | null,
  role: RoleName | null,
  /** Of a sandbox: whether its root lets in support, and the person's role there. */
  root: readonly [allowsSupport: boolean, role: RoleName | null] | null,
  ...columns: unknown[],
];

const roleOf = ({ userId, projectId }: Asked) => `
  select (select role from project_users where project_id = ${projectId} and user_id = ${userId}) as sight`;

const ONE_ROLE = roleOf(ONE);

const ROLE = `
  ${roleOf({ ...EACH, projectId: 'q.project_id' })}
  from ${MANY_PROJECTS}
  order by q.place`;

interface Question {
  readonly userId: string | null;
  readonly projectId: string | null;
}

interface RoleQuestion {
  readonly userId: string;
  readonly projectId: string;
}

interface MemberQuestion {
  readonly userId: string | null;
  readonly memberId: string;
}

/** Runs a statement that is prepared under the name. */
type Query = <Row extends object>(name: string, text: string, values: unknown[]) => Promise<Row[]>;

/**
 * Milliseconds within which the database must answer. A statement is shared by calls and has the deadline of none; without
 * one of its own those that are never answered would keep all later questions waiting.
 */
const ANSWER_MS = 10_000;

/** Answers by statements of their own, each as the database is by then. */
export function accessReader(pool: Pool): AccessReader {
  return readerBy(async <Row extends object>(name: string, text: string, values: unknown[]) => {
    // The very text of the other reader: a connection takes a name for one text alone.
    const statement = { name, text: preparedText(name, text), values, query_timeout: ANSWER_MS };
    const { rows } = await pool.query<Row>(statement);
    return rows;
  });
}

/** Answers by what a transaction sees. */
export function accessReaderIn(db: Queries): AccessReader {
  return readerBy(async <Row extends object>(name: string, text: string, values: unknown[]) => {
    const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(preparedText(name, text), values));
    return rows;
  });
}

/**
 * Answers the questions of a tick with few statements. Each answer depends on its own question's person alone, so
 * sharing the statement shows nobody what another may see.
 */
function readerBy(query: Query): AccessReader {
  async function sights<Sight = Told>(name: string, text: string, values: unknown[]): Promise<Sight[]> {
    const rows = await query<{ readonly sight: Sight }>(name, text, values);
    return rows.map(({ sight }) => sight);
  }
  const ask = coalesced<Question, Told>(async (questions) => {
    const [first] = questions;
    if (questions.length === 1 && first?.projectId != null) {
      const told = await sights('one sight', ONE_SIGHT, [first.userId, first.projectId]);
      if (told.length === 1) return told;
    }
    const users = questions.map(({ userId }) => userId);
    const projects = questions.map(({ projectId }) => projectId);
    return await sights('sight', SIGHT, [users, projects]);
  });
  const askOfMember = coalesced<MemberQuestion, Told>(async (questions) => {
    const users = questions.map(({ userId }) => userId);
    const members = questions.map(({ memberId }) => memberId);
    return await sights('member sight', MEMBER_SIGHT, [users, members]);
  });
  const askForRole = coalesced<RoleQuestion, RoleName | null>(async (questions) => {
    const users = questions.map(({ userId }) => userId);
    const projects = questions.map(({ projectId }) => projectId);
    if (questions.length === 1) return await sights('one role', ONE_ROLE, [...users, ...projects]);
    return await sights('role', ROLE, [users, projects]);
  });
  return {
    role: (userId, projectId) => askForRole({ userId, projectId }),
    async person(userId) {
      return personFacts(await ask({ userId, projectId: null }));
    },
    async project(userId, projectId) {
      return sight(await ask({ userId, projectId }));
    },
    async doomed(userId, projectId) {
      const [told] = await sights('doomed sight', DOOMED_SIGHT, [userId, projectId]);
      if (told === undefined) throw new Error('a question about access has no answer');
      return sight(told);
    },
    async operation(userId, operationId) {
      const [row] = await query<OperationSight>('operation sight', OPERATION_SIGHT, [userId, operationId]);
      return row ?? nobody;
    },
    async operationsOf(userId, projectId) {
      const [row] = await query<OperationSight>('operations sight', OPERATIONS_SIGHT, [userId, projectId]);
      return row ?? nobody;
    },
    async member(userId, memberId) {
      const told = await askOfMember({ userId, memberId });
      return { ...sight(told), memberUserId: told.at(-1) as string | null };
    },
  };
}

function personFacts([person]: Told): PersonFacts {
  const [superuser = false, supportUser = false, disabled = false] = person ?? [];
  return { superuser, supportUser, disabled };
}

function sight(told: Told): ProjectSight {
  const facts = personFacts(told);
  const [, role, root, ...columns] = told;
  const row = projectRow(columns);
  const [rootAllowsSupport = false, rootRole = null] = root ?? [];
  return {
    ...facts,
    row,
    isSandbox: row !== undefined && row.parent_id !== null,
    pendingDeletion: row !== undefined && row.scheduled_deletion !== null,
    hat: hat(role, facts.supportUser && row?.allow_support_access === true),
    rootHat: hat(rootRole, facts.supportUser && rootAllowsSupport),
  };
}

/** The row is there as a whole or not at all: its key tells. */
function projectRow(columns: readonly unknown[]): ProjectRow | undefined {
  const row: Record<string, unknown> = {};
  projectColumns.forEach((column, index) => {
    row[column] = columns[index];
  });
  return row.id === null ? undefined : (row as unknown as ProjectRow);
}

/** A support user who is a member has the role and no more. */
function hat(role: RoleName | null, support: boolean): Hat | null {
  return role ?? (support ? 'support' : null);
}
