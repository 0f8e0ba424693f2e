import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Queries } from '../../src/database/queries.ts';
import { userProjectsByDate, userProjectsByName } from '../../src/projects/user-project-query.ts';
import { projectCredentialsPage } from '../../src/resources/project-credential-query.ts';
import { createTestDatabase, execute } from '../support/database.ts';
import { execution, openReads } from '../support/explain.ts';
import { type TwoPages, twoPages } from '../support/list-pages.ts';

const userId = '00000000-0000-4000-8000-000000000001';
const projectId = '00000000-0000-4000-8000-000000000002';

const open = new AsyncDisposableStack();
let read: Queries;
/** 5,000 projects: a person is a member of every hundredth, every fourth allows support access. */
beforeAll(async () => {
  const database = open.use(await createTestDatabase());
  await execute(
    database.url,
    `insert into users (id, email) values ('${userId}', 'one@example.org')`,
    `insert into users (email) select n || '@example.org' from generate_series(1, 2000) n`,
    `insert into projects (id, name) values ('${projectId}', 'credentials')`,
    `insert into projects (name, allow_support_access) select md5(n::text), n % 4 = 0 from generate_series(1, 5000) n`,
    `insert into project_users (project_id, user_id, role)
       select p.id, u.id, 'owner' from (select id, row_number() over () as n from projects) p
       join (select id, row_number() over () as n from users where id <> '${userId}') u on u.n = 1 + p.n % 2000`,
    `insert into project_users (project_id, user_id, role)
       select id, '${userId}', 'viewer' from projects where hashtext(name) % 100 = 0`,
    `insert into workflows (project_id, name, updated_at)
       select id, 'Workflow ' || n, now() - n * interval '1 hour' from projects, generate_series(1, 3) n`,
    `insert into credentials (user_id, name, schema)
       select id, 'Credential ' || n, 'raw' from users, generate_series(1, 5) n`,
    `insert into project_credentials (project_id, credential_id)
       select case when c.n % 50 = 0 then '${projectId}' else p.id end, c.id
       from (select id, row_number() over () as n from credentials) c
       join (select id, row_number() over () as n from projects) p using (n)`,
    'vacuum analyze',
  );
  ({ read } = open.use(await openReads(database.url)));
}, 300_000);
afterAll(() => open.disposeAsync());

const member = { id: userId, seesSupported: false, disabled: false };
const supporter = { id: userId, seesSupported: true, disabled: false };
const ascending = { direction: 'asc' } as const;
const descending = { direction: 'desc' } as const;

/** Lists that read all of what somebody has, some fifty rows or a hundred, or the indexes that keep them from more. */
const lists: Readonly<Record<string, readonly [index: string, blocks: number, pages: TwoPages]>> = {
  "a member's projects by name": [
    'project_users_user_id_project_id_index',
    400,
    twoPages(
      (read, start) => userProjectsByName(read, member, { ...ascending, ...start }),
      ({ name, id }) => [name, id],
    ),
  ],
  "a support user's projects by name": [
    'projects_support_access_index',
    500,
    twoPages(
      (read, start) => userProjectsByName(read, supporter, { ...descending, ...start }),
      ({ name, id }) => [name, id],
    ),
  ],
  "a member's projects by date": [
    'workflows_project_id_updated_at_index',
    500,
    twoPages(
      (read, start) => userProjectsByDate(read, member, { ...descending, ...start }),
      ({ last_updated_at, id }) => [last_updated_at, id],
    ),
  ],
  "a project's credentials": [
    'project_credentials_project_id_',
    900,
    twoPages(
      (read, start) => projectCredentialsPage(read, { projectId, namePrefix: '', ...start }),
      ({ name, id }) => [name, id],
    ),
  ],
};

it.each(Object.entries(lists))('a page far down costs what the first one costs: %s', async (_, list) => {
  const [index, blocks, pages] = list;
  const [first, last] = await pages(read);
  const [atFirst, atLast] = [await execution(first), await execution(last)];

  for (const { plan } of [atFirst, atLast]) expect(plan).toContain(index);
  expect(atFirst.blocks).toBeLessThan(blocks);
  expect(atLast.blocks).toBeLessThanOrEqual(atFirst.blocks * 1.2);
});
