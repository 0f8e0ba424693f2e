import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { expectPages, pagesOf } from '../support/pages.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, startTestService, type TestService, type TestUser } from '../support/service.ts';

let service: TestService;
let owner: TestUser;
beforeAll(async () => {
  service = await startTestService();
  owner = await aUser(service);
});
afterAll(() => service.close());

const client = () => service.client(ResourcesService, service.admin);

/** Attaches new credentials with these names, all of one owner; answers their ids in order. */
async function attach(projectId: string, names: readonly string[]): Promise<string[]> {
  const made = names.map((name) => ({ id: randomUUID(), name }));
  await rows(
    service,
    `with made as (
       insert into credentials (id, user_id, name, schema)
       select id, $2, name, 'raw' from jsonb_to_recordset($3::jsonb) as row (id uuid, name text) returning id
     )
     insert into project_credentials (id, project_id, credential_id) select gen_random_uuid(), $1, id from made`,
    [projectId, owner.id, JSON.stringify(made)],
  );
  return made.map(({ id }) => id);
}

describe('ListProjectCredentials', () => {
  it('shows the use of a credential with its metadata, and of its owner no more than who it is', async () => {
    const { id: projectId } = await aProject(service);
    const [credentialId = ''] = await attach(projectId, ['DHIS2']);
    const clientId = randomUUID();
    await rows(
      service,
      `update credentials set schema = 'dhis2', oauth_client_id = $2, inserted_at = '1970-01-01 00:00:01Z',
         updated_at = '1970-01-01 00:00:02Z' where id = $1`,
      [credentialId, clientId],
    );
    const [use] = await rows<{ id: string }>(
      service,
      `update project_credentials set inserted_at = '1970-01-01 00:00:03Z' where project_id = $1 returning id`,
      [projectId],
    );

    const { projectCredentials } = await client().listProjectCredentials({ projectId });
    const { projectCredential } = await client().getProjectCredential({ projectId, credentialId });

    expect(projectCredentials).toMatchObject([
      {
        id: use?.id,
        projectId,
        credentialId,
        credential: {
          id: credentialId,
          userId: owner.id,
          name: 'DHIS2',
          schema: 'dhis2',
          oauthClientId: clientId,
          insertedAt: { seconds: 1n },
          updatedAt: { seconds: 2n },
        },
        owner: { id: owner.id, email: owner.email, lastName: 'Test', superuser: false },
        insertedAt: { seconds: 3n },
      },
    ]);
    expect(projectCredentials[0]?.owner?.firstName).toMatch(/^Person/);
    expect(projectCredentials[0]?.owner?.insertedAt).toBeUndefined();
    expect(projectCredential).toEqual(projectCredentials[0]);
  });

  it('sorts by name, bytewise, then by id of the use, page by page', async () => {
    const { id: projectId } = await aProject(service);
    const { id: otherId } = await aProject(service);
    await attach(projectId, ['b', 'a', 'Z', 'é', 'a', 'a']);
    await attach(otherId, ['a', 'b']);

    for (const pageSize of [1, 2, 3, 100]) {
      const pages = await pagesOf(
        (pageToken) => client().listProjectCredentials({ projectId, pageSize, pageToken }),
        ({ projectCredentials }) =>
          projectCredentials.map(({ credential, id }) => [credential?.name ?? '', id]),
      );

      expect(pages.flat().map(([name]) => name)).toEqual(['Z', 'a', 'a', 'a', 'b', 'é']);
      const twins = pages.flat().filter(([name]) => name === 'a');
      expectPages(pages, pageSize, pages.flat());
      expect(twins).toEqual(twins.toSorted());
      expect(new Set(pages.flat().map(([, id]) => id)).size).toBe(6);
    }
  });

  it.each([
    ['Mail', ['Mail', 'Mail %', 'Mailer']],
    ['Mail %', ['Mail %']],
    ['mail', []],
  ])('takes the prefix %j literally', async (namePrefix, expected) => {
    const { id: projectId } = await aProject(service);
    await attach(projectId, ['Mail', 'Mail %', 'Mailer', 'Other']);

    const { projectCredentials } = await client().listProjectCredentials({ projectId, namePrefix });

    expect(projectCredentials.map(({ credential }) => credential?.name)).toEqual(expected);
  });
});

describe('GetProjectCredential', () => {
  it('finds a credential in each project that it is attached to', async () => {
    const [{ id: first }, { id: second }] = [await aProject(service), await aProject(service)];
    const [credentialId = ''] = await attach(first, ['shared']);
    await rows(service, 'insert into project_credentials (project_id, credential_id) values ($1, $2)', [
      second,
      credentialId,
    ]);

    for (const projectId of [first, second]) {
      const request = { projectId: projectId.toUpperCase(), credentialId: credentialId.toUpperCase() };
      const { projectCredential } = await client().getProjectCredential(request);
      expect(projectCredential).toMatchObject({ projectId, credentialId });
    }
  });

  it('does not find one that is unknown or attached elsewhere', async () => {
    const [{ id: projectId }, { id: other }] = [await aProject(service), await aProject(service)];
    const [elsewhere = ''] = await attach(other, ['elsewhere']);

    for (const credentialId of [elsewhere, randomUUID()]) {
      expect(await refusal(client().getProjectCredential({ projectId, credentialId }))).toMatchObject({
        code: 'NOT_FOUND',
        reason: 'CREDENTIAL_NOT_FOUND',
        resources: [`credential/${credentialId}`],
      });
    }
  });
});
