import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connected } from '../support/database.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  DirectoryService,
  MembersService,
  ProjectsService,
  startTestService,
  type TestService,
} from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

function directory() {
  return service.client(DirectoryService, service.admin);
}

function recorded(id: string): Promise<{ changes: unknown }[]> {
  return rows(service, `select changes from audit_events where item_id = $1 and method like '%DisableUser'`, [
    id,
  ]);
}

describe('DisableUser', () => {
  it('shuts a person out at once, in every process and over both listeners, and keeps the memberships', async () => {
    await using other = await startTestService({ DATABASE_URL: service.databaseUrl });
    const owner = await aUser(service, { superuser: true });
    const { id } = await aProject(service, { owner });
    const clients = [service, other].flatMap((process) => [
      process.client(ProjectsService, owner.token),
      process.httpClient(ProjectsService, owner.token),
    ]);
    for (const client of clients) await client.getProject({ id });

    const { user } = await directory().disableUser({ id: owner.id.toUpperCase() });

    expect(user).toMatchObject({ id: owner.id, email: owner.email, superuser: true, disabled: true });
    for (const client of clients) {
      for (const refused of await Promise.all([
        refusal(client.getProject({ id })),
        refusal(client.listProjects({})),
        refusal(client.batchGetProjects({ ids: [id] })),
      ])) {
        expect(refused).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'USER_DISABLED' });
      }
    }
    const { members } = await service.client(MembersService, service.admin).listMembers({ projectId: id });
    expect(members.map(({ userId }) => userId)).toEqual([owner.id]);
  });

  it('tells it once, and changes nothing of somebody who is shut out already', async () => {
    const { id } = await aUser(service);

    const first = await directory().disableUser({ id });
    const second = await directory().disableUser({ id });

    expect(second).toEqual(first);
    expect(await recorded(id)).toEqual([{ changes: { disabled: { before: false, after: true } } }]);
  });

  it('does not wait for a change under way that refers to the person', async () => {
    const { id } = await aUser(service);
    await connected(service.databaseUrl, async (client) => {
      await client.query('begin');
      await client.query(`insert into credentials (user_id, name, schema) values ($1, 'under way', 'raw')`, [
        id,
      ]);
      const { user } = await directory().disableUser({ id }, { timeoutMs: 5000 });
      expect(user?.disabled).toBe(true);
      await client.query('rollback');
    });
  });

  it('does not last: UpsertUsers lets the person in again', async () => {
    const owner = await aUser(service);
    const { id } = await aProject(service, { owner });
    await directory().disableUser({ id: owner.id });

    await directory().upsertUsers({ users: [{ id: owner.id, email: owner.email }] });

    const { project } = await service.client(ProjectsService, owner.token).getProject({ id });
    expect(project?.id).toBe(id);
  });

  it('refuses somebody whom nobody knows', async () => {
    const id = randomUUID();

    expect(await refusal(directory().disableUser({ id }))).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'USER_NOT_FOUND',
      resources: [`user/${id}`],
    });
  });
});
