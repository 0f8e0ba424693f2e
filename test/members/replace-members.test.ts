import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
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

async function rolesIn(projectId: string): Promise<Record<string, string>> {
  const found = await rows<{ user_id: string; role: string }>(
    service,
    'select user_id, role from project_users where project_id = $1',
    [projectId],
  );
  return Object.fromEntries(found.map(({ user_id, role }) => [user_id, role]));
}

function recorded(projectId: string) {
  return rows(
    service,
    `select actor_id, changes from audit_events where project_id = $1 and kind = 'members_changed'`,
    [projectId],
  );
}

async function credentialOf({ id: userId }: TestUser): Promise<string> {
  const id = randomUUID();
  await service
    .client(DirectoryService, service.admin)
    .upsertCredentials({ credentials: [{ id, userId, name: 'Server', schema: 'raw' }] });
  return id;
}

/** Attaches a credential to a project; the id of its use. */
async function attach(credentialId: string, projectId: string): Promise<string> {
  return await inserted('insert into project_credentials (credential_id, project_id) values ($1, $2)', [
    credentialId,
    projectId,
  ]);
}

/** A job, in a workflow of its own, that runs with a project credential. */
async function jobWith(projectId: string, projectCredentialId: string): Promise<string> {
  const workflowId = await inserted('insert into workflows (project_id, name) values ($1, $2)', [
    projectId,
    randomUUID(),
  ]);
  return await inserted(
    `insert into jobs (workflow_id, name, body, adaptor, project_credential_id)
     values ($1, 'job', '', '@openfn/language-common', $2)`,
    [workflowId, projectCredentialId],
  );
}

async function inserted(statement: string, values: readonly unknown[]): Promise<string> {
  const [row] = await rows<{ id: string }>(service, `${statement} returning id`, values);
  if (row === undefined) throw new Error(`nothing was inserted: ${statement}`);
  return row.id;
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

    expect(await rolesIn(id)).toEqual({ [owner.id]: 'owner', [admin.id]: 'viewer', [fresh.id]: 'admin' });
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
    expect(await rolesIn(id)).toEqual({ [owner.id]: 'admin', [admin.id]: 'owner' });

    await replace(admin.token, id, [[fresh, Role.OWNER]]);
    expect(await rolesIn(id)).toEqual({ [fresh.id]: 'owner' });
  });

  it('does not let an admin take the ownership', async () => {
    const [owner, admin] = [await aUser(service), await aUser(service)];
    const { id } = await aProject(service, { owner, admin });

    const refused = await refusal(replace(admin.token, id, [[admin, Role.OWNER]]));

    expect(refused).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'ROLE_REQUIRED' });
    expect(await rolesIn(id)).toEqual({ [owner.id]: 'owner', [admin.id]: 'admin' });
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

  it('takes the own credentials of those who leave out of the project, and out of its jobs', async () => {
    const [owner, editor] = [await aUser(service), await aUser(service)];
    const [{ id }, { id: elsewhere }] = [
      await aProject(service, { owner, editor }),
      await aProject(service, { owner, editor }),
    ];
    const [own, shared] = [await credentialOf(editor), await credentialOf(owner)];
    const [ownUse, sharedUse] = [await attach(own, id), await attach(shared, id)];
    await attach(own, elsewhere);
    const jobs = [await jobWith(id, ownUse), await jobWith(id, sharedUse)];

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
    const credentials = await rows(
      service,
      'select project_credential_id from jobs where id = any($1) order by array_position($1, id)',
      [jobs],
    );
    expect(credentials).toEqual([{ project_credential_id: null }, { project_credential_id: sharedUse }]);
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
    expect(Object.keys(await rolesIn(id))).toHaveLength(4);

    // Roles in between count for nothing, and a better role is no harm.
    await replace(owner.token, id, [
      [owner, Role.OWNER],
      [rootAdmin, Role.ADMIN],
      [rootOwner, Role.ADMIN],
    ]);
    expect(await rolesIn(id)).toEqual({
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
    expect(await rolesIn(id)).toEqual({ [owner.id]: 'owner', [rootAdmin.id]: 'viewer' });

    await replace(rootAdmin.token, id, [[owner, Role.OWNER]]);
    expect(await rolesIn(id)).toEqual({ [owner.id]: 'owner' });
  });
});
