import { randomUUID } from 'node:crypto';
import { toJsonString } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { Transcript } from '../conformance/transcript.ts';
import { GrpcJsClient } from '../support/grpc-js-client.ts';
import { grpcJsTransport } from '../support/grpc-js-transport.ts';
import { aProject } from '../support/projects.ts';
import { rows } from '../support/rows.ts';
import { aUser, startTestService, type TestService } from '../support/service.ts';

/** Stands wherever something may hold what is nobody's business. */
const secret = 'h1dd3n';

let service: TestService;
let projectId: string;
const credentialId = randomUUID();
beforeAll(async () => {
  service = await startTestService();
  const user = await aUser(service);
  ({ id: projectId } = await aProject(service, { owner: user }));
  const [workflow, job, workOrder, run, step] = [1, 2, 3, 4, 5].map(() => randomUUID());
  await rows(service, `insert into workflows (id, project_id, name) values ($1, $2, 'sync')`, [
    workflow,
    projectId,
  ]);
  await rows(
    service,
    `insert into jobs (id, workflow_id, name, body, adaptor) values ($1, $2, 'job', $3, 'common')`,
    [job, workflow, secret],
  );
  await rows(
    service,
    `insert into triggers (workflow_id, type, kafka_configuration) values ($1, 'kafka', jsonb_build_object(
       'hosts', '[["localhost", "9092"]]'::jsonb, 'username', $2::text, 'password', $2::text, 'other', $2::text))`,
    [workflow, secret],
  );
  await rows(
    service,
    `insert into workflow_edges (workflow_id, source_job_id, target_job_id) values ($1, $2, $2)`,
    [workflow, job],
  );
  await rows(
    service,
    `insert into dataclips (project_id, name, type, body, request)
     values ($1, 'named', 'http_request', jsonb_build_object('a', $2::text), jsonb_build_object('b', $2::text))`,
    [projectId, secret],
  );
  await rows(service, 'insert into work_orders (id, workflow_id) values ($1, $2)', [workOrder, workflow]);
  await rows(service, 'insert into runs (id, work_order_id) values ($1, $2)', [run, workOrder]);
  await rows(service, 'insert into steps (id, job_id) values ($1, $2)', [step, job]);
  await rows(service, 'insert into run_steps (run_id, step_id) values ($1, $2)', [run, step]);
  await rows(
    service,
    'insert into log_lines (run_id, step_id, timestamp, message) values ($1, $2, now(), $3)',
    [run, step, secret],
  );
  await rows(service, `insert into credentials (id, user_id, name, schema) values ($1, $2, 'mail', 'raw')`, [
    credentialId,
    user.id,
  ]);
  await rows(service, 'insert into project_credentials (project_id, credential_id) values ($1, $2)', [
    projectId,
    credentialId,
  ]);
  await rows(service, `insert into project_files (project_id, type) values ($1, 'archive')`, [projectId]);
});
afterAll(() => service.close());

it.each(ResourcesService.methods.map((method) => ({ name: method.name, method })))(
  '$name shows its row, and neither bodies, requests, log lines, passwords nor user names in it',
  async ({ method }) => {
    using client = new GrpcJsClient(new URL(service.grpcUrl).host);
    const calls = new Transcript(() => grpcJsTransport(client, service.admin));
    const request = method.name === 'GetProjectCredential' ? { projectId, credentialId } : { projectId };

    const answer = toJsonString(method.output, await calls.answer('admin', method, 'all', request));

    expect(answer).toMatch(/"id":"/);
    expect(answer).not.toContain(secret);
  },
);

it('so that the code of jobs leaves only when it is asked for', async () => {
  const { jobs } = await service
    .client(ResourcesService, service.admin)
    .listJobs({ projectId, includeBody: true });

  expect(jobs.map(({ body }) => body)).toEqual([secret]);
});
