import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { aProject, type Cast } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { aParent, type Parent } from './support/parent.ts';

let service: TestService;
let parent: Parent;
beforeAll(async () => {
  service = await startTestService();
  parent = await aParent(service);
});
afterAll(() => service.close());

const projects = (token = service.admin) => service.client(ProjectsService, token);

async function sandboxNames(parentId: string): Promise<string[]> {
  const { projects: found } = await projects().listSandboxes({ parentId });
  return found.map(({ name }) => name);
}

describe('ProvisionSandbox, for whom', () => {
  /** Somebody who has the role in the project or none, and a service that acts for them. */
  async function callers(role: keyof Cast | undefined) {
    const person = await aUser(service);
    const owner = role === 'owner' ? person : await aUser(service);
    const { id: parentId } = await aProject(service, { owner, ...(role && { [role]: person }) });
    return {
      itself: () => projects(person.token).provisionSandbox({ parentId, name: 'own' }),
      byService: () => projects().provisionSandbox({ parentId, name: 'asked-for', actorUserId: person.id }),
    };
  }

  it.each(['owner', 'admin'] as const)('an %s may, also through a service', async (role) => {
    const { itself, byService } = await callers(role);
    expect((await itself()).project?.name).toBe('own');
    expect((await byService()).project?.name).toBe('asked-for');
  });

  it.each(['editor', 'viewer'] as const)('an %s may not, nor through a service', async (role) => {
    const { itself, byService } = await callers(role);
    const denied = { code: 'PERMISSION_DENIED', reason: 'ROLE_REQUIRED' };
    expect(await refusal(itself())).toMatchObject(denied);
    expect(await refusal(byService())).toMatchObject(denied);
  });

  it('a stranger may not: the project is not there for them, and a service is told why', async () => {
    const { itself, byService } = await callers(undefined);
    expect(await refusal(itself())).toMatchObject({ code: 'NOT_FOUND', reason: 'PROJECT_NOT_FOUND' });
    expect(await refusal(byService())).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'ROLE_REQUIRED' });
  });

  it('a superuser may, and becomes the owner', async () => {
    const superuser = await aUser(service, { superuser: true });
    const { members } = await projects().provisionSandbox({
      parentId: parent.id,
      name: 'supervised',
      actorUserId: superuser.id.toUpperCase(),
    });
    expect(members.map(({ userId, role }) => [userId, role])).toEqual([[superuser.id, Role.OWNER]]);
  });

  it('a service may for nobody else: unnamed, unknown or disabled', async () => {
    const disabled = await aUser(service, { superuser: true, disabled: true });
    const provision = (actorUserId: string) =>
      refusal(projects().provisionSandbox({ parentId: parent.id, name: 'nobodys', actorUserId }));
    expect(await provision('')).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { actor_user_id: 'REQUIRED' },
    });
    expect(await provision(randomUUID())).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'UNKNOWN_USER',
      fields: { actor_user_id: expect.any(String) },
    });
    expect(await provision(disabled.id)).toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'USER_DISABLED',
    });
    expect(await sandboxNames(parent.id)).not.toContain('nobodys');
  });
});

describe('ProvisionSandbox refuses', () => {
  const refused = (fields: {
    readonly name?: string;
    readonly parentId?: string;
    readonly dataclipIds?: string[];
    readonly collaborators?: { userId: string }[];
  }) =>
    refusal(
      projects(parent.owner.token).provisionSandbox({ parentId: parent.id, name: 'refused', ...fields }),
    );

  it('a name that a sandbox of the parent has', async () => {
    await aProject(service, {}, { parentId: parent.id, name: 'taken' });
    expect(await refused({ name: 'taken' })).toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'PROJECT_NAME_TAKEN',
      fields: { name: expect.any(String) },
    });
  });

  it.each(['', 'With Capitals', 'under_score', 'a'.repeat(256)])('the name %j', async (name) => {
    expect(await refused({ name })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { name: expect.any(String) },
    });
  });

  it('collaborators who are unknown, each by its place', async () => {
    const known = await aUser(service);
    const collaborators = [{ userId: randomUUID() }, { userId: known.id }, { userId: randomUUID() }];
    expect(await refused({ collaborators })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'UNKNOWN_USER',
      fields: {
        'collaborators[0].user_id': expect.stringContaining(collaborators[0]?.userId ?? ''),
        'collaborators[2].user_id': expect.stringContaining(collaborators[2]?.userId ?? ''),
      },
    });
  });

  it('dataclips that do not qualify, all of them at once, and copies none', async () => {
    const other = await aParent(service);
    const { all = '', unnamed = '', result = '', message = '' } = parent.dataclips;
    const foreign = other.dataclips.kept ?? '';
    const dataclipIds = [all, unnamed, result, foreign, message.toUpperCase(), randomUUID()];
    expect(await refused({ dataclipIds })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'VALIDATION_FAILED',
      fields: {
        'dataclip_ids[1]': `dataclip ${unnamed} has no name`,
        'dataclip_ids[2]': expect.stringContaining('step_result'),
        'dataclip_ids[3]': `dataclip ${foreign} is none of the parent`,
        'dataclip_ids[4]': expect.stringContaining('kafka'),
        'dataclip_ids[5]': expect.stringContaining('is none of the parent'),
      },
    });
    expect(await sandboxNames(parent.id)).not.toContain('refused');
  });

  it('a parent that waits for its deletion, or is not there', async () => {
    const { id: parentId, owner } = await aParent(service);
    await rows(service, 'update projects set scheduled_deletion = now() where id = $1', [parentId]);
    const late = { parentId, name: 'late', actorUserId: owner.id };
    expect(await refusal(projects().provisionSandbox(late))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'PROJECT_PENDING_DELETION',
    });
    expect(await refusal(projects().provisionSandbox({ ...late, parentId: randomUUID() }))).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'PROJECT_NOT_FOUND',
    });
  });
});
