import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { User } from '../../src/gen/lightning/projects/v1/user_pb.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  DirectoryService,
  ProjectsService,
  startTestService,
  type TestService,
  userToken,
} from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

async function userOf(id: string): Promise<User | undefined> {
  const answer = await service.client(DirectoryService, service.admin).batchGetUsers({ ids: [id] });
  return answer.users[0];
}

/** Any call that every valid token may make. */
async function callWith(id: string, claims: Readonly<Record<string, string>>): Promise<void> {
  const token = await userToken(id, claims);
  await service.client(ProjectsService, token).batchGetProjects({ ids: [randomUUID()] });
}

function changes(id: string): Promise<{ changes: unknown; actor_id: string }[]> {
  return rows(service, 'select changes, actor_id from audit_events where item_id = $1 order by id', [id]);
}

describe("A token's own claims", () => {
  it('register the person at the first call, with an event of their own', async () => {
    const id = randomUUID();
    const email = `${id}@example.org`;

    await callWith(id, { email, given_name: 'Ada', family_name: 'Byron' });

    expect(await userOf(id)).toMatchObject({ email, firstName: 'Ada', lastName: 'Byron', superuser: false });
    expect(await changes(id)).toEqual([
      { actor_id: id, changes: expect.objectContaining({ email: { after: email } }) },
    ]);
  });

  it('refresh names and address of a known person and leave the flags alone', async () => {
    const { id } = await aUser(service, { superuser: true, supportUser: true });
    const email = `new-${id}@example.org`;

    await callWith(id, { email, given_name: 'Grace', family_name: 'Hopper' });

    expect(await userOf(id)).toMatchObject({
      email,
      firstName: 'Grace',
      lastName: 'Hopper',
      superuser: true,
      supportUser: true,
    });
  });

  it.each([
    ['U+0000', 'a\0b'],
    ['256 characters', 'x'.repeat(256)],
  ])('register a person without a name that has %s', async (_, name) => {
    const id = randomUUID();
    const email = `${id}@example.org`;

    await callWith(id, { email, given_name: name, family_name: 'Byron' });

    expect(await userOf(id)).toMatchObject({ email, firstName: '', lastName: 'Byron' });
  });

  it.each([
    ['say nothing of names', {}],
    ['say names that no user may have', { given_name: 'a\0b', family_name: 'x'.repeat(256) }],
  ])('leave the names of a known person alone when they %s', async (_, names) => {
    const { id, email } = await aUser(service);
    const before = await userOf(id);
    expect(before?.firstName).not.toBe('');
    expect(before?.lastName).not.toBe('');

    await callWith(id, { email, ...names });
    expect(await userOf(id)).toEqual(before);

    await callWith(id, { email: `new-${email}`, ...names });
    expect(await userOf(id)).toMatchObject({
      email: `new-${email}`,
      firstName: before?.firstName,
      lastName: before?.lastName,
    });
  });

  it('write nothing when they say what is known', async () => {
    const { id, email } = await aUser(service);
    const before = await userOf(id);

    await callWith(id, { email, given_name: before?.firstName ?? '', family_name: 'Test' });

    expect(await userOf(id)).toEqual(before);
    expect(await changes(id)).toHaveLength(1);
  });

  it('are written once when many calls bring them at the same moment', async () => {
    const id = randomUUID();

    await Promise.all(Array.from({ length: 12 }, () => callWith(id, { email: `${id}@example.org` })));

    expect(await changes(id)).toHaveLength(1);
  });

  it('do not take an address from another user, but still refresh the names', async () => {
    const holder = await aUser(service);
    const { id, email } = await aUser(service);

    await callWith(id, { email: holder.email.toUpperCase(), given_name: 'Grace' });

    expect(await userOf(id)).toMatchObject({ email, firstName: 'Grace' });
    expect(await userOf(holder.id)).toMatchObject({ email: holder.email });
  });

  it('leave somebody unknown whose address another user has, and the call goes on', async () => {
    const holder = await aUser(service);
    const id = randomUUID();

    await callWith(id, { email: holder.email });

    expect(await userOf(id)).toBeUndefined();
  });

  it('let two new people with one address call at the same moment: one of them gets it', async () => {
    const people = Array.from({ length: 6 }, () => randomUUID());
    const email = `${randomUUID()}@example.org`;

    await Promise.all(people.map((id) => callWith(id, { email })));

    const { users } = await service.client(DirectoryService, service.admin).batchGetUsers({ ids: people });
    expect(users).toMatchObject([{ email }]);
  });

  it.each([
    ['an address without @', { email: 'nobody' }],
    ['an address in brackets', { email: '<ada@example.org>' }],
    ['no address', { given_name: 'Ada' }],
  ])('with %s register nobody, and the call goes on', async (_, claims) => {
    const id = randomUUID();

    await callWith(id, claims);

    expect(await userOf(id)).toBeUndefined();
  });
});
