import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { aCredential, attach, credentialsOfJobs, jobWith } from '../support/credentials.ts';
import { execute } from '../support/database.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  DirectoryService,
  ProjectsService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';
import { rolesIn } from './support/roles.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

/** UpdateProject with these members alone, by somebody's token. */
function replace(token: string, projectId: string, members: readonly [TestUser | string, Role][]) {
  return service.client(ProjectsService, token).updateProject({
    project: { id: projectId },
    updateMask: { paths: ['members'] },
    members: members.map(([user, role]) => ({ userId: typeof user === 'string' ? user : user.id, role })),
    notify: false,
  });
}

function recorded(projectId: string) {
  return rows(
    service,
    `select actor_id, changes from audit_events where project_id = $1 and kind = 'members_changed'`,
    [projectId],
  );
}

describe('UpdateProject with members', () => {
  it('removes, adds and changes in one go, and records what it did', async () => {
    const [owner, admin] = [await aUser(service), await aUser(service)];
    const [editor, fresh] = [await aUser(service), await aUser(service)];
    const { id } = await aProject(service, { owner, admin, editor });

    await replace(admin.token, id, [
      [owner, Role.OWNER],
      [admin, Role.VIEWER],
      [fresh, Role.ADMIN],
    ]);

    expect(await rolesIn(service, id)).toEqual({
      [owner.id]: 'owner',
      [admin.id]: 'viewer',
      [fresh.id]: 'admin',
    });
    expect(await recorded(id)).toEqual([
      {
        actor_id: admin.id,
        changes: {
          added: [{ user_id: fresh.id, role: 'admin' }],
          removed: [{ user_id: editor.id, role: 'editor' }],
          changed: [{ user_id: admin.id, before: 'admin', after: 'viewer' }],
        },
      },
    ]);
  });

  it('keeps the rows of those who stay, and records nothing when nobody changes', async () => {
    const [owner, viewer] = [await aUser(service), await aUser(service)];
    const { id } = await aProject(service, { owner, viewer });
    const before = await rows(service, 'select * from project_users where project_id = $1 order by id', [id]);

    await replace(owner.token, id, [
      [viewer.id.toUpperCase(), Role.VIEWER],
      [owner, Role.OWNER],
    ]);

    expect(
      await rows(service, 'select * from project_users where project_id = $1 order by id', [id]),
    ).toEqual(before);
    expect(await recorded(id)).toEqual([]);
  });

  it('lets the owner hand the project over, to a member or to somebody new', async () => {
    const [owner, admin, fresh] = [await aUser(service), await aUser(service), await aUser(service)];
    const { id } = await aProject(service, { owner, admin });

    await replace(owner.token, id, [
      [owner, Role.ADMIN],
      [admin, Role.OWNER],
    ]);
    expect(await rolesIn(service, id)).toEqual({ [owner.id]: 'admin', [admin.id]: 'owner' });

    await replace(admin.token, id, [[fresh, Role.OWNER]]);
    expect(await rolesIn(service, id)).toEqual({ [fresh.id]: 'owner' });
  });

  it('does not let an admin take the ownership', async () => {
    const [owner, admin] = [await aUser(service), await aUser(service)];
    const { id } = await aProject(service, { owner, admin });

    const refused = await refusal(replace(admin.token, id, [[admin, Role.OWNER]]));

    expect(refused).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'ROLE_REQUIRED' });
    expect(await rolesIn(service, id)).toEqual({ [owner.id]: 'owner', [admin.id]: 'admin' });
  });

  it('makes nobody the owner who is disabled, be it a member or somebody new', async () => {
    const [owner, admin] = [await aUser(service), await aUser(service, { disabled: true })];
    const fresh = await aUser(service, { disabled: true });
    const { id } = await aProject(service, { owner, admin });

    for (const heir of [admin, fresh]) {
      expect(await refusal(replace(owner.token, id, [[heir, Role.OWNER]]))).toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'USER_DISABLED',
        subjects: [`users/${heir.id}`],
      });
    }
    expect(await rolesIn(service, id)).toEqual({ [owner.id]: 'owner', [admin.id]: 'admin' });

    // Who is disabled already may stay the owner, and anything else.
    await service.client(DirectoryService, service.admin).disableUser({ id: owner.id });
    await replace(service.admin, id, [
      [owner, Role.OWNER],
      [admin, Role.EDITOR],
      [fresh, Role.VIEWER],
    ]);
    expect(await rolesIn(service, id)).toEqual({
      [owner.id]: 'owner',
      [admin.id]: 'editor',
      [fresh.id]: 'viewer',
    });
  });

  it('names unknown people by their place in the request', async () => {
    const [owner, viewer] = [await aUser(service), await aUser(service)];
    const { id } = await aProject(service, { owner, viewer });
    const nobody = randomUUID();

    const refused = await refusal(
      replace(owner.token, id, [
        [owner, Role.OWNER],
        [viewer, Role.VIEWER],
        [nobody, Role.EDITOR],
      ]),
    );

    expect(refused).toMatchObject({
      reason: 'UNKNOWN_USER',
      fields: { 'members[2].user_id': expect.stringContaining(nobody) },
    });
  });

  it('removes more people than a statement takes parameters', async () => {
    const owner = await aUser(service);
    const { id } = await aProject(service, { owner });
    await execute(
      service.databaseUrl,
      // The keys are not looked up for each of them, which takes longer than all else.
      'set session_replication_role = replica',
      `with crowd as (
         insert into users (email) select n || '@crowd.example' from generate_series(1, 66000) n returning id
       )
       insert into project_users (project_id, user_id) select '${id}', id from crowd`,
    );

    await replace(owner.token, id, [[owner, Role.OWNER]]);

    expect(await rolesIn(service, id)).toEqual({ [owner.id]: 'owner' });
  });

  it('takes the own credentials of those who leave out of the project, and out of its jobs', async () => {
    const [owner, editor] = [await aUser(service), await aUser(service)];
    const [{ id }, { id: elsewhere }] = [
      await aProject(service, { owner, editor }),
      await aProject(service, { owner, editor }),
    ];
    const [own, shared] = [await aCredential(service, editor), await aCredential(service, owner)];
    const [ownUse, sharedUse] = [await attach(service, own, id), await attach(service, shared, id)];
    await attach(service, own, elsewhere);
    const jobs = [await jobWith(service, id, ownUse), await jobWith(service, id, sharedUse)];

    await replace(owner.token, id, [[owner, Role.OWNER]]);

    const uses = await rows(
      service,
      'select project_id, credential_id from project_credentials where credential_id = any($1) order by project_id',
      [[own, shared]],
    );
    expect(uses).toEqual(
      expect.arrayContaining([
        { project_id: id, credential_id: shared },
        { project_id: elsewhere, credential_id: own },
      ]),
    );
    expect(uses).toHaveLength(2);
    expect(await credentialsOfJobs(service, jobs)).toEqual([null, sharedUse]);
  });
});

describe('In a sandbox', () => {
  it('an admin of the root can be neither removed nor demoted by others', async () => {
    const [rootOwner, rootAdmin] = [await aUser(service), await aUser(service)];
    const [owner, middle] = [await aUser(service), await aUser(service)];
    const root = await aProject(service, { owner: rootOwner, admin: rootAdmin, viewer: middle });
    const between = await aProject(service, { owner: middle }, { parentId: root.id });
    const { id } = await aProject(
      service,
      { owner, admin: rootAdmin, editor: rootOwner, viewer: middle },
      { parentId: between.id },
    );

    const refused = await refusal(
      replace(owner.token, id, [
        [owner, Role.OWNER],
        [rootAdmin, Role.VIEWER],
      ]),
    );

    expect(refused).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'ROOT_ADMIN_FIXED',
      subjects: [rootOwner.id, rootAdmin.id].toSorted().map((user) => `users/${user}`),
    });
    expect(Object.keys(await rolesIn(service, id))).toHaveLength(4);

    // Roles in between count for nothing, and a better role is no harm.
    await replace(owner.token, id, [
      [owner, Role.OWNER],
      [rootAdmin, Role.ADMIN],
      [rootOwner, Role.ADMIN],
    ]);
    expect(await rolesIn(service, id)).toEqual({
      [owner.id]: 'owner',
      [rootAdmin.id]: 'admin',
      [rootOwner.id]: 'admin',
    });
  });

  it('an admin of the root may step down and leave', async () => {
    const [rootOwner, rootAdmin, owner] = [await aUser(service), await aUser(service), await aUser(service)];
    const root = await aProject(service, { owner: rootOwner, admin: rootAdmin });
    const { id } = await aProject(service, { owner, admin: rootAdmin }, { parentId: root.id });

    await replace(rootAdmin.token, id, [
      [owner, Role.OWNER],
      [rootAdmin, Role.VIEWER],
    ]);
    expect(await rolesIn(service, id)).toEqual({ [owner.id]: 'owner', [rootAdmin.id]: 'viewer' });

    await replace(rootAdmin.token, id, [[owner, Role.OWNER]]);
    expect(await rolesIn(service, id)).toEqual({ [owner.id]: 'owner' });
  });
});
