import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { aProject } from '../support/projects.ts';
import { rows } from '../support/rows.ts';
import { aUser, MembersService, startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

function client(token: string) {
  return service.client(MembersService, token);
}

/** A project with two of each role, the one of them superusers; the owner alone. */
async function aCrowd() {
  const owner = await aUser(service);
  const crowd = await Promise.all(
    [Role.ADMIN, Role.EDITOR, Role.VIEWER].flatMap((role) =>
      [false, true].map(async (superuser) => ({ role, superuser, ...(await aUser(service, { superuser })) })),
    ),
  );
  const { id: projectId } = await aProject(service, { owner });
  const members = crowd.map(({ id: userId, role }) => ({ userId, role }));
  await client(service.admin).addMembers({ projectId, members, notify: false });
  return { projectId, owner, crowd };
}

describe('ListAdminEmails', () => {
  it("lists the owner's and the admins' addresses, sorted, to whoever may see the project", async () => {
    const { projectId, owner, crowd } = await aCrowd();

    const { emails } = await client(owner.token).listAdminEmails({ projectId: projectId.toUpperCase() });

    const admins = crowd.filter(({ role }) => role === Role.ADMIN);
    expect(emails).toEqual([owner, ...admins].map(({ email }) => email).toSorted());
    expect(emails).toHaveLength(3);
  });

  it('lists nobody of a project without members', async () => {
    const { id: projectId } = await aProject(service);

    expect((await client(service.admin).listAdminEmails({ projectId })).emails).toEqual([]);
  });
});

describe('ListTriggerFailureRecipients', () => {
  it('lists owner, admins and the superusers among the members, by address, and no more of them than that', async () => {
    const { projectId, owner, crowd } = await aCrowd();
    await aUser(service, { superuser: true });

    const { users } = await client(owner.token).listTriggerFailureRecipients({
      projectId: projectId.toUpperCase(),
    });

    const told = [owner, ...crowd.filter(({ role, superuser }) => superuser || role === Role.ADMIN)];
    expect(users.map(({ id, email }) => ({ id, email }))).toEqual(
      told.map(({ id, email }) => ({ id, email })).toSorted((a, b) => (a.email < b.email ? -1 : 1)),
    );
    expect(users.length).toBe(5);
    for (const user of users) {
      expect(user).toMatchObject({ superuser: false, supportUser: false, disabled: false });
      expect(user.firstName).toMatch(/^Person/);
      expect(user.insertedAt).toBeUndefined();
    }
  });

  it('sorts addresses bytewise', async () => {
    const [owner, admin] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, admin });
    await rows(service, `update users set email = 'a@first.example' where id = $1`, [owner.id]);
    await rows(service, `update users set email = 'Z@first.example' where id = $1`, [admin.id]);

    const { users } = await client(owner.token).listTriggerFailureRecipients({ projectId });

    expect(users.map(({ email }) => email)).toEqual(['Z@first.example', 'a@first.example']);
    expect((await client(owner.token).listAdminEmails({ projectId })).emails).toEqual([
      'Z@first.example',
      'a@first.example',
    ]);
  });
});
