import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RoleName, roles } from '../../src/call/permissions.ts';
import { roleNames } from '../../src/members/member-message.ts';
import { memberChangesOf, rolesIn } from '../members/support/roles.ts';
import { aCredential } from '../support/credentials.ts';
import { aProject } from '../support/projects.ts';
import { ending, refusal } from '../support/refusal.ts';
import { lockProject, waitingStatements } from '../support/rival.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  DirectoryService,
  MembersService,
  ProjectsService,
  startTestService,
  type TestService,
  type TestUser,
  userToken,
} from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

function directory() {
  return service.client(DirectoryService, service.admin);
}

/** Somebody of whom only the address is known, as imports and invitations register them. */
async function aPlaceholder(): Promise<TestUser> {
  const id = randomUUID();
  const email = `placeholder-${id}@example.org`;
  await rows(service, 'insert into users (id, email, placeholder) values ($1, $2, true)', [id, email]);
  return { id, email, token: '' };
}

async function addMember(projectId: string, { id: userId }: TestUser, role: RoleName): Promise<void> {
  await service
    .client(MembersService, service.admin)
    .addMembers({ projectId, members: [{ userId, role: roleNames.value(role) }], notify: false });
}

function usersOf(ids: readonly string[]): Promise<{ id: string; email: string; placeholder: boolean }[]> {
  return rows(service, 'select id, email, placeholder from users where id = any($1)', [ids]);
}

/** The two ways in which somebody real turns up. */
const arrivals: readonly (readonly [string, (id: string, email: string) => Promise<unknown>])[] = [
  ['UpsertUsers', (id, email) => directory().upsertUsers({ users: [{ id, email }] })],
  [
    'a call with claims',
    async (id, email) => {
      const token = await userToken(id, { email });
      await service.client(ProjectsService, token).batchGetProjects({ ids: [randomUUID()] });
    },
  ],
];

/** Of two members one at most is the owner. */
const pairsOfRoles = roles
  .flatMap((own) => roles.map((other) => ({ own, other })))
  .filter(({ own, other }) => own !== 'owner' || other !== 'owner');

describe.each(arrivals)('Somebody who turns up by %s with the address of a placeholder', (way, arrive) => {
  it('takes over its memberships and credentials, and the placeholder is gone', async () => {
    const [owner, placeholder] = [await aUser(service), await aPlaceholder()];
    const { id: projectId } = await aProject(service, { owner: placeholder, admin: owner });
    const { id: elsewhere } = await aProject(service, { owner, viewer: placeholder });
    const credentialId = await aCredential(service, placeholder);
    const id = randomUUID();

    await arrive(id, placeholder.email.toUpperCase());

    expect(await usersOf([id, placeholder.id])).toEqual([
      { id, email: placeholder.email.toUpperCase(), placeholder: false },
    ]);
    expect(await rolesIn(service, projectId)).toEqual({ [id]: 'owner', [owner.id]: 'admin' });
    expect(await rolesIn(service, elsewhere)).toEqual({ [owner.id]: 'owner', [id]: 'viewer' });
    expect(await rows(service, 'select user_id from credentials where id = $1', [credentialId])).toEqual([
      { user_id: id },
    ]);
    const { project } = await service
      .client(ProjectsService, await userToken(id))
      .getProject({ id: projectId });
    expect(project?.id).toBe(projectId);
  });

  it('leaves a trace of it in every project, and of the credential and the person', async () => {
    const placeholder = await aPlaceholder();
    const { id: projectId } = await aProject(service, { owner: placeholder });
    const credentialId = await aCredential(service, placeholder);
    const id = randomUUID();

    await arrive(id, placeholder.email);

    const moved = { user_id: { before: placeholder.id, after: id } };
    expect(await memberChangesOf(service, projectId)).toMatchObject([
      { item_type: 'member', changes: moved },
    ]);
    const told = (itemId: string) =>
      rows(service, 'select kind, changes from audit_events where item_id = $1 order by id desc limit 1', [
        itemId,
      ]);
    expect(await told(credentialId)).toEqual([{ kind: 'credentials_changed', changes: moved }]);
    expect(await told(placeholder.id)).toEqual([
      { kind: 'users_changed', changes: { id: { before: placeholder.id, after: id } } },
    ]);
    expect(await told(id)).toMatchObject([
      { kind: 'users_changed', changes: { email: { after: placeholder.email } } },
    ]);
  });

  it('takes it over also when they were known under another address', async () => {
    const [known, placeholder] = [await aUser(service), await aPlaceholder()];
    const { id: projectId } = await aProject(service, { owner: placeholder });

    await arrive(known.id, placeholder.email);

    expect(await usersOf([known.id, placeholder.id])).toEqual([
      { id: known.id, email: placeholder.email, placeholder: false },
    ]);
    expect(await rolesIn(service, projectId)).toEqual({ [known.id]: 'owner' });
  });

  it.each(pairsOfRoles)(
    'keeps the membership that they have beside it, with the higher role: $own and $other',
    async ({ own, other }) => {
      const [known, placeholder] = [await aUser(service), await aPlaceholder()];
      const { id: projectId } = await aProject(service, {
        owner: own === 'owner' ? known : other === 'owner' ? placeholder : await aUser(service),
      });
      if (own !== 'owner') await addMember(projectId, known, own);
      if (other !== 'owner') await addMember(projectId, placeholder, other);
      const members = service.client(MembersService, service.admin);
      const { member: before } = await members.getMember({ projectId, userId: known.id });
      const { member: gone } = await members.getMember({ projectId, userId: placeholder.id });

      await arrive(known.id, placeholder.email);

      const { member } = await members.getMember({ projectId, userId: known.id });
      const isRaised = roles.indexOf(other) > roles.indexOf(own);
      expect(member).toMatchObject({ id: before?.id, role: roleNames.value(isRaised ? other : own) });
      expect(isDeepStrictEqual(member?.updatedAt, before?.updatedAt)).toBe(!isRaised);
      expect(Object.keys(await rolesIn(service, projectId))).not.toContain(placeholder.id);
      const told = (await memberChangesOf(service, projectId)).filter((one) => one.item_type === 'member');
      expect(told.map(({ item_id, changes }) => [item_id, changes])).toEqual([
        [gone?.id, { user_id: { before: placeholder.id }, role: { before: other } }],
        ...(isRaised ? [[before?.id, { role: { before: own, after: other } }]] : []),
      ]);
    },
  );

  it('is shut out when the placeholder was and the account service has not said otherwise', async () => {
    const placeholder = await aPlaceholder();
    await aProject(service, { owner: placeholder });
    await directory().disableUser({ id: placeholder.id });
    const id = randomUUID();

    await arrive(id, placeholder.email).catch(() => {});

    const { users } = await directory().batchGetUsers({ ids: [id] });
    expect(users).toMatchObject([{ disabled: way !== 'UpsertUsers' }]);
  });

  it('takes it over once when several turn up with it at the same moment', async () => {
    const placeholder = await aPlaceholder();
    const { id: projectId } = await aProject(service, { owner: placeholder });
    const ids = Array.from({ length: 6 }, () => randomUUID());

    await Promise.allSettled(ids.map((id) => arrive(id, placeholder.email)));

    const [owner, ...others] = Object.entries(await rolesIn(service, projectId));
    expect(others).toEqual([]);
    expect(ids).toContain(owner?.[0]);
    expect(await usersOf([placeholder.id])).toEqual([]);
  });
});

describe.each(arrivals)('While an import keeps a project busy, somebody who turns up by %s', (_, arrive) => {
  it('is there at once, whoever is invited to it or waits for a placeholder in it', async () => {
    const { id: projectId } = await aProject(service, { owner: await aUser(service) });
    const placeholders = [await aPlaceholder(), await aPlaceholder()];
    for (const placeholder of placeholders) await addMember(projectId, placeholder, 'viewer');
    await using busy = await lockProject(service, projectId);
    const collaborators = [{ email: `invited-${randomUUID()}@example.org` }];
    const waiting = [
      service.client(MembersService, service.admin).inviteCollaborators({ projectId, collaborators }),
      ...arrivals.map(([, turnUp], index) => turnUp(randomUUID(), placeholders[index]?.email ?? '')),
    ].map(ending);
    await expect.poll(() => waitingStatements(service)).toBe(3);

    const id = randomUUID();
    await arrive(id, `${id}@example.org`);

    expect(await usersOf([id])).toHaveLength(1);
    await busy.leave();
    expect(await Promise.all(waiting)).toEqual(['done', 'done', 'done']);
  });
});

describe('A placeholder', () => {
  it('is registered by an import of a service, and taken over by its owner with all that was made for them', async () => {
    const email = `${randomUUID()}@example.org`;
    const yaml = `name: imported
credentials:
  main:
    name: main
    owner: ${email}
workflows:
  w:
    name: w
    jobs:
      a:
        name: a
        adaptor: '@openfn/language-common@latest'
        credential: main
        body: ''
`;
    const projects = service.client(ProjectsService, service.admin);
    const { project } = await projects.importProject({ yaml, createMissingCredentials: true });
    const id = randomUUID();

    await directory().upsertUsers({ users: [{ id, email }] });

    const uses = await rows(
      service,
      `select c.user_id from project_credentials pc join credentials c on c.id = pc.credential_id
       where pc.project_id = $1`,
      [project?.id],
    );
    expect(uses).toEqual([{ user_id: id }]);
    const again = await projects.importProject({
      yaml,
      projectId: project?.id ?? '',
      createMissingCredentials: true,
    });
    expect(again.created).toMatchObject({ credentials: 0 });
  });

  it('becomes a person when the account service names its own id', async () => {
    const placeholder = await aPlaceholder();
    const { id: projectId } = await aProject(service, { owner: placeholder });

    await directory().upsertUsers({ users: [{ id: placeholder.id, email: placeholder.email }] });

    expect(await usersOf([placeholder.id])).toMatchObject([{ placeholder: false }]);
    expect(await rolesIn(service, projectId)).toEqual({ [placeholder.id]: 'owner' });
    const other = { id: randomUUID(), email: placeholder.email };
    expect(await refusal(directory().upsertUsers({ users: [other] }))).toMatchObject({
      reason: 'EMAIL_TAKEN',
    });
  });

  it('is not taken over by an address that the issuer has not verified', async () => {
    const placeholder = await aPlaceholder();
    const id = randomUUID();
    const token = await userToken(id, { email: placeholder.email, email_verified: false });

    await service.client(ProjectsService, token).batchGetProjects({ ids: [randomUUID()] });

    expect(await usersOf([id, placeholder.id])).toMatchObject([{ id: placeholder.id, placeholder: true }]);
  });

  it('of many, each goes to its own person, in as many statements as of one', async () => {
    await rows(service, 'create table if not exists written (statements int)');
    await rows(
      service,
      `create or replace function count_statement() returns trigger language plpgsql
       as $$ begin insert into written values (1); return null; end $$`,
    );
    for (const table of ['users', 'project_users', 'credentials']) {
      await rows(
        service,
        `create or replace trigger counted after insert or update or delete on ${table}
         for each statement execute function count_statement()`,
      );
    }
    const arriveTogether = async (count: number) => {
      const placeholders = await Promise.all(Array.from({ length: count }, aPlaceholder));
      const { id: projectId } = await aProject(service, { owner: await aUser(service) });
      for (const placeholder of placeholders) await addMember(projectId, placeholder, 'editor');
      await rows(service, 'truncate written');
      const users = placeholders.map(({ email }) => ({ id: randomUUID(), email }));
      await directory().upsertUsers({ users });
      const members = Object.keys(await rolesIn(service, projectId));
      expect(members).toEqual(expect.arrayContaining(users.map(({ id }) => id)));
      expect(members).toHaveLength(count + 1);
      return await rows(service, 'select count(*)::int as n from written');
    };

    expect(await arriveTogether(40)).toEqual(await arriveTogether(1));
  });

  it('that another transaction registers meanwhile is waited for, and taken over', async () => {
    const client = new pg.Client(service.databaseUrl);
    await client.connect();
    try {
      const [id, email] = [randomUUID(), `${randomUUID()}@example.org`];
      await client.query('begin');
      await client.query('insert into users (email, placeholder) values ($1, true)', [email]);

      const upsert = directory().upsertUsers({ users: [{ id, email }] });
      await expect.poll(() => waitingStatements(service)).toBeGreaterThan(0);
      await client.query('commit');

      expect((await upsert).users).toMatchObject([{ id, email }]);
      expect(await rows(service, 'select id from users where email = $1', [email])).toEqual([{ id }]);
    } finally {
      await client.end();
    }
  });

  it('is taken over in the middle of everything else that concerns it, and nothing deadlocks', async () => {
    const members = service.client(MembersService, service.admin);
    const projects = service.client(ProjectsService, service.admin);
    const endings = new Set<string>();
    const deadlocks = () =>
      rows(service, 'select deadlocks::int from pg_stat_database where datname = current_database()');
    const before = await deadlocks();

    for (let round = 0; round < 15; round += 1) {
      const [owner, placeholder, real] = [await aUser(service), await aPlaceholder(), randomUUID()];
      const { id: projectId } = await aProject(service, { owner, editor: placeholder });
      const { id: elsewhere } = await aProject(service, { owner: placeholder, admin: owner });
      const yaml = `name: p\ncredentials:\n  c: {name: c, owner: ${placeholder.email}}\nworkflows: null\n`;
      const member = { userId: placeholder.id, role: roleNames.value('viewer') };
      const calls = [
        directory().upsertUsers({ users: [{ id: real, email: placeholder.email }] }),
        members.removeMember({ projectId, userId: placeholder.id }),
        members.addMembers({ projectId, members: [{ userId: placeholder.id }], notify: false }),
        members.updateMember({ member: { projectId, ...member } }),
        members.transferOwnership({ projectId: elsewhere, userId: owner.id }),
        projects.importProject({ yaml, projectId, createMissingCredentials: true }),
        projects.updateProject({
          project: { id: elsewhere },
          members: [{ userId: owner.id, role: roleNames.value('owner') }, member],
          notify: false,
        }),
      ];
      for (const one of await Promise.all(calls.map(ending))) endings.add(one);

      expect(await usersOf([placeholder.id, real])).toMatchObject([{ id: real }]);
      for (const id of [projectId, elsewhere]) {
        const held = Object.values(await rolesIn(service, id));
        expect(held.filter((role) => role === 'owner')).toHaveLength(1);
      }
    }

    const allowed = ['done', 'ALREADY_A_MEMBER', 'MEMBER_NOT_FOUND', 'UNKNOWN_USER', 'OWNER_FIXED'];
    expect([...endings].filter((reason) => !allowed.includes(reason))).toEqual([]);
    expect(await deadlocks()).toEqual(before);
  });

  it('gives the person everything that refers to it: no key to users is left out', async () => {
    const keys = await rows<{ key: string }>(
      service,
      `select conrelid::regclass || '.' || attname as key from pg_constraint
       join pg_attribute on attrelid = conrelid and attnum = any(conkey)
       where contype = 'f' and confrelid = 'users'::regclass order by 1`,
    );

    expect(keys.map(({ key }) => key)).toEqual([
      'credentials.user_id',
      'invitations.invited_by_id',
      'keychain_credentials.created_by_id',
      'project_files.created_by_id',
      'project_users.user_id',
    ]);
  });

  it('leaves what it made to the person', async () => {
    const placeholder = await aPlaceholder();
    const { id: projectId } = await aProject(service, { owner: placeholder });
    await rows(
      service,
      `with chain as (
         insert into keychain_credentials (project_id, name, path, created_by_id) values ($1, 'c', '$', $2)
       ), file as (
         insert into project_files (project_id, created_by_id, type) values ($1, $2, 'export')
       )
       insert into invitations (project_id, email, role, invited_by_id, expires_at)
       values ($1, 'x@example.org', 'viewer', $2, now())`,
      [projectId, placeholder.id],
    );
    const id = randomUUID();

    await directory().upsertUsers({ users: [{ id, email: placeholder.email }] });

    expect(
      await rows(
        service,
        `select (select created_by_id from keychain_credentials where project_id = $1) as chain,
                (select created_by_id from project_files where project_id = $1) as file,
                (select invited_by_id from invitations where project_id = $1) as invitation`,
        [projectId],
      ),
    ).toEqual([{ chain: id, file: id, invitation: id }]);
  });
});
