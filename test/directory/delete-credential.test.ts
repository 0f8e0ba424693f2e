import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCredential, attach, changesOfJobs, credentialsOfJobs, jobWith } from '../support/credentials.ts';
import { aProject } from '../support/projects.ts';
import { ending, refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  DirectoryService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';
import { statementsOf } from '../support/statements.ts';

let service: TestService;
let owner: TestUser;
beforeAll(async () => {
  service = await startTestService();
  owner = await aUser(service);
});
afterAll(() => service.close());

function directory() {
  return service.client(DirectoryService, service.admin);
}

describe('DeleteCredential', () => {
  it('takes it out of every project and every job, and leaves what is not its own', async () => {
    const [gone, kept] = [await aCredential(service, owner), await aCredential(service, owner)];
    const [{ id: first }, { id: second }, { id: third }] = [
      await aProject(service, { owner }),
      await aProject(service, { owner }),
      await aProject(service, { owner }),
    ];
    const uses = [
      await attach(service, gone, first),
      await attach(service, gone, second),
      await attach(service, kept, first),
    ];
    await attach(service, kept, third);
    const jobs = [
      await jobWith(service, first, uses[0] ?? ''),
      await jobWith(service, first, uses[0] ?? ''),
      await jobWith(service, second, uses[1] ?? ''),
      await jobWith(service, first, uses[2] ?? ''),
      await jobWith(service, second, uses[1] ?? ''),
    ];
    const deleted =
      'update workflows set deleted_at = now() where id = (select workflow_id from jobs where id = $1)';
    await rows(service, deleted, [jobs[4]]);

    const before = await changesOfJobs(service, jobs);

    const answer = await directory().deleteCredential({ id: gone.toUpperCase() });

    const after = await changesOfJobs(service, jobs);
    expect(after.map((time, index) => time > (before[index] ?? time))).toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
    expect(answer).toMatchObject({ detachedProjectCount: 2, detachedJobCount: 4 });
    expect(await credentialsOfJobs(service, jobs)).toEqual([null, null, null, uses[2], null]);
    expect(await rows(service, 'select id from credentials where id = any($1)', [[gone, kept]])).toEqual([
      { id: kept },
    ]);
    expect(
      await rows(
        service,
        'select count(*)::int as n from project_credentials where credential_id = any($1)',
        [[gone, kept]],
      ),
    ).toEqual([{ n: 2 }]);
    const versions = await rows(
      service,
      `select j.id, w.version_hash is not null as has_version, w.lock_version - 1 as raised
       from jobs j join workflows w on w.id = j.workflow_id where j.id = any($1) order by array_position($1, j.id)`,
      [jobs],
    );
    const [edited, untouched] = [
      { has_version: true, raised: 1 },
      { has_version: false, raised: 0 },
    ];
    // A workflow that is deleted gets no version.
    expect(versions).toMatchObject([edited, edited, edited, untouched, untouched]);
  });

  it('takes it out of workflows of long bodies a few at a time', async () => {
    const credentialId = await aCredential(service, owner);
    const { id: projectId } = await aProject(service, { owner });
    const use = await attach(service, credentialId, projectId);
    const jobs: string[] = [];
    for (let n = 0; n < 3; n += 1) jobs.push(await jobWith(service, projectId, use));
    await rows(service, "update jobs set body = repeat('/', 600000) where id = any($1)", [jobs]);
    const statements = await statementsOf(() => directory().deleteCredential({ id: credentialId }));
    expect(statements.filter((text) => /insert into workflow_losses/.test(text))).toHaveLength(2);
    expect(await credentialsOfJobs(service, jobs)).toEqual([null, null, null]);
  });

  it('tells it in each project that had it, and once for the credential itself', async () => {
    const credentialId = await aCredential(service, owner);
    const projects = [await aProject(service, { owner }), await aProject(service, { owner })];
    const uses: string[] = [];
    for (const { id } of projects) uses.push(await attach(service, credentialId, id));
    const [chain] = await rows<{ id: string }>(
      service,
      `insert into keychain_credentials (project_id, name, path, default_credential_id)
       values ($1, 'chain', '$.x', $2) returning id`,
      [projects[0]?.id, credentialId],
    );

    await directory().deleteCredential({ id: credentialId });

    const recorded = await rows(
      service,
      `select project_id, item_type, item_id, changes from audit_events where method like '%DeleteCredential'
       and item_id = any($1)`,
      [[credentialId, ...uses, chain?.id]],
    );
    const item = (project_id: string | null | undefined, item_type: string, item_id: string | undefined) => ({
      project_id,
      item_type,
      item_id,
    });
    expect(recorded).toHaveLength(4);
    expect(recorded).toEqual(
      expect.arrayContaining([
        {
          ...item(null, 'credential', credentialId),
          changes: {
            user_id: { before: owner.id },
            name: { before: `Server ${credentialId}` },
            schema: { before: 'raw' },
            oauth_client_id: { before: null },
          },
        },
        ...projects.map(({ id }, index) => ({
          ...item(id, 'project_credential', uses[index]),
          changes: { credential_id: { before: credentialId } },
        })),
        {
          ...item(projects[0]?.id, 'keychain_credential', chain?.id),
          changes: { default_credential_id: { before: credentialId, after: null } },
        },
      ]),
    );
  });

  it('takes it out of a project that waits for its deletion too', async () => {
    const credentialId = await aCredential(service, owner);
    const { id: projectId } = await aProject(service, { owner });
    await attach(service, credentialId, projectId);
    await rows(service, 'update projects set scheduled_deletion = now() where id = $1', [projectId]);

    const answer = await directory().deleteCredential({ id: credentialId });

    expect(answer).toMatchObject({ detachedProjectCount: 1, detachedJobCount: 0 });
  });

  it('refuses a credential that nobody knows, or that is gone', async () => {
    const credentialId = await aCredential(service, owner);
    await directory().deleteCredential({ id: credentialId });

    for (const id of [randomUUID(), credentialId]) {
      expect(await refusal(directory().deleteCredential({ id }))).toMatchObject({
        code: 'NOT_FOUND',
        reason: 'CREDENTIAL_NOT_FOUND',
        resources: [`credential/${id}`],
      });
    }
  });

  it('is done once when several calls do it at the same moment', async () => {
    const credentialId = await aCredential(service, owner);
    const { id: projectId } = await aProject(service, { owner });
    await attach(service, credentialId, projectId);

    const endings = await Promise.all(
      Array.from({ length: 6 }, () => ending(directory().deleteCredential({ id: credentialId }))),
    );

    expect(endings.toSorted()).toEqual([...Array.from({ length: 5 }, () => 'CREDENTIAL_NOT_FOUND'), 'done']);
  });
});
