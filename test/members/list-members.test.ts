import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Member, Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { membersPage } from '../../src/members/member-query.ts';
import { planOf } from '../support/explain.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  DirectoryService,
  MembersService,
  startTestService,
  type TestService,
} from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

function client() {
  return service.client(MembersService, service.admin);
}

/** A project with an owner, and viewers and editors with these first names, in this order of joining. */
async function projectOf(firstNames: readonly string[]): Promise<string> {
  const owner = await aUser(service);
  const { id: projectId } = await aProject(service, { owner });
  const users = firstNames.map((firstName) => ({ id: randomUUID(), firstName, lastName: 'Test' }));
  await service
    .client(DirectoryService, service.admin)
    .upsertUsers({ users: users.map((user) => ({ ...user, email: `${user.id}@example.org` })) });
  await client().addMembers({
    projectId,
    members: users.map(({ id: userId }, index) => ({
      userId,
      role: index % 2 === 0 ? Role.VIEWER : Role.EDITOR,
    })),
  });
  return projectId;
}

/** Every page of a list, the next one read after `between`. */
async function pages(projectId: string, pageSize: number, between = async () => {}): Promise<Member[][]> {
  const read: Member[][] = [];
  let pageToken = '';
  do {
    const answer = await client().listMembers({ projectId, pageSize, pageToken });
    read.push(answer.members);
    pageToken = answer.nextPageToken;
    await between();
  } while (pageToken !== '');
  return read;
}

const firstNames = (members: readonly Member[]) => members.map(({ user }) => user?.firstName);

describe('ListMembers', () => {
  it('sorts by first name, bytewise, and namesakes by the id of the membership', async () => {
    const projectId = await projectOf(['bob', 'Zoe', 'ada', 'Émile', 'bob', '', 'bob']);

    const { members, nextPageToken } = await client().listMembers({ projectId });

    const expected = ['', expect.stringMatching(/^Person/), 'Zoe', 'ada', 'bob', 'bob', 'bob', 'Émile'];
    expect(firstNames(members)).toEqual(expected);
    const namesakes = members.filter(({ user }) => user?.firstName === 'bob').map(({ id }) => id);
    expect(namesakes).toEqual(namesakes.toSorted());
    expect(nextPageToken).toBe('');
  });

  it.each([1, 2, 3, 7, 8, 9])('shows each member once in pages of %i', async (pageSize) => {
    const projectId = await projectOf(['bob', 'bob', 'ada', 'cyd', 'bob', '', 'dan']);
    const { members } = await client().listMembers({ projectId });

    const read = await pages(projectId, pageSize);

    expect(read.flat()).toEqual(members);
    expect(read).toHaveLength(Math.ceil(members.length / pageSize));
  });

  it('neither repeats nor skips anybody when members come and go between the pages', async () => {
    const projectId = await projectOf(['cyd', 'dan', 'eve', 'fay']);
    const before = await client().listMembers({ projectId });

    const read = await pages(projectId, 2, async () => {
      const newcomer = await aUser(service);
      await client().addMembers({ projectId, members: [{ userId: newcomer.id }] });
      await rows(
        service,
        `delete from project_users where project_id = $1 and user_id in (select id from users where first_name = 'cyd')`,
        [projectId],
      );
    });

    const ids = read.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const stayed = before.members.filter(({ user }) => user?.firstName !== 'cyd').map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(stayed));
  });

  it('answers with the roles asked for', async () => {
    const projectId = await projectOf(['ada', 'bob', 'cyd']);

    const { members } = await client().listMembers({ projectId, roles: [Role.OWNER, Role.VIEWER] });

    expect(members.map(({ role }) => role)).toEqual([Role.OWNER, Role.VIEWER, Role.VIEWER]);
    expect(
      await refusal(client().listMembers({ projectId, roles: [Role.OWNER, Role.UNSPECIFIED] })),
    ).toMatchObject({ reason: 'VALIDATION_FAILED', fields: { 'roles[1]': expect.any(String) } });
  });

  it('refuses a token of another list, of other filters, or that was tampered with', async () => {
    const [projectId, other] = [await projectOf(['ada', 'bob']), await projectOf(['ada', 'bob'])];
    const { nextPageToken } = await client().listMembers({ projectId, pageSize: 1 });
    const forged = Buffer.from(nextPageToken, 'base64url').toString().replace('Person', 'Parson');

    for (const request of [
      { projectId: other, pageToken: nextPageToken },
      { projectId, roles: [Role.VIEWER], pageToken: nextPageToken },
      { projectId, pageToken: Buffer.from(forged).toString('base64url') },
      { projectId, pageToken: `${nextPageToken.slice(0, -2)}` },
      { projectId, pageToken: 'nonsense' },
    ]) {
      expect(await refusal(client().listMembers(request))).toMatchObject({
        code: 'INVALID_ARGUMENT',
        fields: { page_token: expect.any(String) },
      });
    }
  });

  it('takes 50 for no page size and 1,000 for a larger one, and refuses a negative one', async () => {
    const projectId = await projectOf(Array.from({ length: 1000 }, (_, index) => `Member ${index}`));

    expect((await client().listMembers({ projectId })).members).toHaveLength(50);
    expect((await client().listMembers({ projectId, pageSize: 5000 })).members).toHaveLength(1000);
    expect(await refusal(client().listMembers({ projectId, pageSize: -1 }))).toMatchObject({
      fields: { page_size: expect.any(String) },
    });
  });

  it("finds a project's members by their index and reads no table as a whole", async () => {
    await rows(
      service,
      `insert into users (id, email, first_name)
       select gen_random_uuid(), 'many-' || n || '@example.org', 'Name ' || n from generate_series(1, 6000) n`,
    );
    const projects = await rows<{ id: string }>(
      service,
      `insert into projects (name) select 'many-' || n from generate_series(1, 300) n returning id`,
    );
    await rows(
      service,
      `insert into project_users (project_id, user_id, role)
       select p.id, u.id, case u.n when p.n * 20 + 1 then 'owner' else 'viewer' end
       from (select id, row_number() over () as n from projects where name like 'many-%') p
       join (select id, row_number() over () as n from users where email like 'many-%') u
         on u.n between p.n * 20 + 1 and p.n * 20 + 20`,
    );
    await rows(service, 'analyze');

    const plan = await planOf(service, (read) =>
      membersPage(read, {
        projectId: projects[0]?.id ?? '',
        roles: [],
        after: ['Name 5', randomUUID()],
        limit: 51,
      }),
    );

    expect(plan).toContain('project_users_project_id_user_id_index');
    expect(plan).toContain('users_pkey');
    expect(plan).not.toContain('Seq Scan');
  });
});
