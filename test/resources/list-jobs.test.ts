import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { pagesOf } from '../support/pages.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { aGraph } from './support/graph.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const client = () => service.client(ResourcesService, service.admin);

describe('ListJobs', () => {
  it('shows all that is known of a job, its code only when asked for', async () => {
    const { projectId, workflowIds } = await aGraph(service);
    const [workflowId = ''] = workflowIds;
    const request = { projectId, workflowIds: [workflowId], namePrefix: 'a0' };

    const { jobs } = await client().listJobs(request);
    const { jobs: whole } = await client().listJobs({ ...request, includeBody: true });

    expect(jobs).toMatchObject([{ workflowId, name: 'a0', adaptor: '@openfn/language-common@3.0.2' }]);
    expect(jobs[0]?.body).toBeUndefined();
    expect(jobs[0]?.projectCredentialId).toBeUndefined();
    expect(jobs[0]?.keychainCredentialId).toBeUndefined();
    expect(whole).toMatchObject([{ ...jobs[0], body: 'fn(0);' }]);
  });

  it('names the credential that a job runs with', async () => {
    const { projectId, workflowIds } = await aGraph(service);
    const [credential, keychain] = [randomUUID(), randomUUID()];
    await rows(
      service,
      `with u as (insert into users (email) values (gen_random_uuid() || '@example.org') returning id),
            c as (insert into credentials (user_id, name, schema) select id, 'mail', 'raw' from u returning id)
       insert into project_credentials (id, project_id, credential_id) select $1, $2, id from c`,
      [credential, projectId],
    );
    await rows(
      service,
      `insert into keychain_credentials (id, project_id, name, path) values ($1, $2, 'x', '$.x')`,
      [keychain, projectId],
    );
    await rows(
      service,
      `update jobs set project_credential_id = $1 where name = 'a1' and workflow_id = any($2)`,
      [credential, workflowIds],
    );
    await rows(
      service,
      `update jobs set keychain_credential_id = $1 where name = 'a2' and workflow_id = any($2)`,
      [keychain, workflowIds],
    );

    const { jobs } = await client().listJobs({ projectId, namePrefix: 'a' });

    const named = Object.fromEntries(jobs.map((job) => [job.name, job]));
    expect(named.a1?.projectCredentialId).toBe(credential);
    expect(named.a2?.keychainCredentialId).toBe(keychain);
  });

  it('takes a prefix literally', async () => {
    const { projectId, workflowIds } = await aGraph(service);
    const odd = ['x%', 'x_', 'x\u{10FFFF}', '\\', 'X'];
    await rows(
      service,
      `insert into jobs (workflow_id, name, body, adaptor) select $1, unnest($2::text[]), '', 'common'`,
      [workflowIds[0], odd],
    );
    const names = async (namePrefix: string) =>
      (await client().listJobs({ projectId, namePrefix })).jobs.map(({ name }) => name).toSorted();

    expect(await names('x')).toEqual(['x%', 'x_', 'x\u{10FFFF}']);
    expect(await names('x%')).toEqual(['x%']);
    expect(await names('x_')).toEqual(['x_']);
    expect(await names('\\')).toEqual(['\\']);
    expect(await names('a3')).toEqual(['a3']);
  });

  it('ends a page where the bodies exceed 2 MiB together, but always shows one job', async () => {
    const { projectId, workflowIds } = await aGraph(service);
    const [workflowId] = workflowIds;
    // Of random digits: a body that compresses well is no measure.
    const body = `(select string_agg(md5(random()::text), '') from generate_series(1, $2 / 32))`;
    await rows(service, `delete from jobs where workflow_id = any($1)`, [workflowIds]);
    for (const [index, size] of [900_000, 900_000, 900_000, 3_200_000, 32, 0].entries()) {
      await rows(
        service,
        `insert into jobs (id, workflow_id, name, adaptor, body) select $3, $1, 'job', 'common', coalesce(${body}, '')`,
        [workflowId, size, `00000000-0000-4000-8000-00000000000${index}`],
      );
    }

    const pages = await pagesOf(
      (pageToken) => client().listJobs({ projectId, includeBody: true, pageToken }),
      ({ jobs }) => jobs.map((job) => job.body?.length),
    );

    expect(pages).toEqual([[900_000, 900_000], [900_000], [3_200_000], [32, 0]]);
    const { jobs, nextPageToken } = await client().listJobs({ projectId });
    expect([jobs.length, nextPageToken]).toEqual([6, '']);
  });
});
