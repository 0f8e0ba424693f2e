import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chain, exportDocument, newProject, projectDocument } from '../exchange/support/documents.ts';
import { aLargeProject, aProject } from '../support/projects.ts';
import { rows } from '../support/rows.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { fetchProvision, stateIn, stateOf } from './support/provisioning.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

/** An id that no project has. */
const UNKNOWN = '0190a8b2-5c1e-7e2f-8a3b-9c4d5e6f7a8b';

const document = `name: demo
description: What it is for
collections:
  readings:
    name: readings
credentials:
  o@example.org-Server:
    name: Server
    owner: o@example.org
workflows:
  Intake:
    name: Intake
    jobs:
      Fetch:
        name: Fetch
        adaptor: '@openfn/language-http@latest'
        credential: o@example.org-Server
        body: |
          get('/');
      Store:
        name: Store
        adaptor: '@openfn/language-common@latest'
        body: |
          fn(state => state);
    triggers:
      kafka:
        type: kafka
        enabled: true
        kafka_configuration:
          hosts:
            - 'broker:9092'
          topics:
            - a
    edges:
      kafka->Fetch:
        source_trigger: kafka
        target_job: Fetch
        condition_type: always
        enabled: true
      Fetch->Store:
        source_job: Fetch
        target_job: Store
        condition_type: js_expression
        condition_expression: |
          state.ok
        condition_label: fine
        enabled: false
`;

describe("a project's state", () => {
  it('holds lists linked by id, under the names that Lightning gives them', async () => {
    const id = await newProject(service, document);
    await rows(
      service,
      `update triggers set kafka_configuration = kafka_configuration || '{"password": "secret"}'
       where workflow_id in (select id from workflows where project_id = $1)`,
      [id],
    );
    const answer = await fetchProvision(service, `/${id}?`);

    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.text).not.toContain('secret');
    const state = stateIn(answer);
    const [intake] = state.workflows;
    const [fetch, store] = intake?.jobs ?? [];
    const [kafka] = intake?.triggers ?? [];
    const [credential] = state.project_credentials;
    expect(state).toMatchObject({
      id,
      name: 'demo',
      description: 'What it is for',
      env: 'main',
      retention_policy: 'retain_all',
      scheduled_deletion: null,
      collections: [{ id: expect.any(String), name: 'readings' }],
      project_credentials: [{ id: expect.any(String), name: 'Server', owner: 'o@example.org' }],
    });
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(intake).toEqual({
      id: expect.any(String),
      name: 'Intake',
      lock_version: 1,
      concurrency: null,
      inserted_at: time,
      updated_at: time,
      deleted_at: null,
      version_history: [expect.stringMatching(/^cli:[0-9a-f]{12}$/)],
      jobs: [
        {
          id: fetch?.id,
          name: 'Fetch',
          adaptor: '@openfn/language-http@latest',
          body: "get('/');",
          project_credential_id: credential?.id,
        },
        {
          id: store?.id,
          name: 'Store',
          adaptor: '@openfn/language-common@latest',
          body: 'fn(state => state);',
          project_credential_id: null,
        },
      ],
      triggers: [
        {
          id: kafka?.id,
          type: 'kafka',
          enabled: true,
          kafka_configuration: { hosts: [['broker', '9092']], topics: ['a'] },
        },
      ],
      edges: [
        {
          id: expect.any(String),
          source_trigger_id: kafka?.id,
          target_job_id: fetch?.id,
          condition_type: 'always',
          enabled: true,
        },
        {
          id: expect.any(String),
          source_job_id: fetch?.id,
          target_job_id: store?.id,
          condition_type: 'js_expression',
          condition_label: 'fine',
          condition_expression: 'state.ok',
          enabled: false,
        },
      ],
    });
  });

  it('lists the versions of a workflow from the oldest to the latest', async () => {
    const id = await newProject(service, projectDocument(chain('w', ['a'])));
    const [workflow] = (await stateOf(service, id)).workflows;
    await rows(
      service,
      `insert into workflow_versions (workflow_id, hash, source) values ($1, 'aaaaaaaaaaaa', 'app'), ($1, '000000000000', 'cli')`,
      [workflow?.id],
    );
    const history = (await stateOf(service, id)).workflows[0]?.version_history;
    expect(history?.slice(1)).toEqual(['app:aaaaaaaaaaaa', 'cli:000000000000']);
  });

  it('of a project without anything holds empty lists', async () => {
    const { id } = await aProject(service);
    expect(await stateOf(service, id)).toMatchObject({
      workflows: [],
      collections: [],
      project_credentials: [],
    });
  });

  it('shows workflows as they were in the snapshots that are asked for, and no others', async () => {
    const id = await newProject(service, projectDocument(chain('w', ['a']), chain('x', ['b'])));
    const before = (await stateOf(service, id)).workflows.find(({ name }) => name === 'w');
    await service.client(ProjectsService, service.admin).importProject({
      projectId: id,
      yaml: `workflows:\n${chain('w', ['a', 'c'])}`,
    });
    const snapshots = await rows<{ id: string }>(
      service,
      'select id from workflow_snapshots where workflow_id = $1 and lock_version = 1',
      [before?.id],
    );
    const path = `/${id}?snapshots[]=${snapshots[0]?.id}`;
    const [workflow, ...others] = stateIn(await fetchProvision(service, path)).workflows;
    expect(others).toEqual([]);
    expect(workflow).toMatchObject({ id: before?.id, name: 'w', lock_version: 1, jobs: before?.jobs });
    expect(workflow).not.toHaveProperty('version_history');
  });

  it('comes whole when it is larger than what a connection holds', async () => {
    const jobs = Array.from({ length: 40 }, (_, index) => `job-${index}`);
    const body = 'x'.repeat(5000);
    const workflows = Array.from({ length: 20 }, (_, index) => chain(`w${index}`, jobs, { body }));
    const id = await newProject(service, projectDocument(...workflows));
    const state = await stateOf(service, id);
    expect(state.workflows.flatMap((workflow) => workflow.jobs.map((job) => job.body))).toEqual(
      Array(800).fill(body),
    );
  });
});

describe('a client that stops reading and leaves', () => {
  it.each(['', '.yaml'])('frees the transaction that its answer is read from: %s', async (suffix) => {
    // More than the buffers of a connection hold.
    const { id } = await aLargeProject(service, 12);
    const leave = new AbortController();
    const headers = { authorization: `Bearer ${service.admin}` };
    const url = `${service.httpUrl}/api/provision/${id}${suffix}`;
    const answer = await fetch(url, { headers, signal: leave.signal });
    await answer.body?.getReader().read();
    const open = async () => {
      const found = await rows(
        service,
        `select query from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
      );
      return found.length;
    };
    await expect.poll(open).toBe(1);
    leave.abort();
    await expect.poll(open).toBe(0);
  });
});

describe('the id in a path', () => {
  it.each(['', '.yaml', '%2Eyaml'])('may be percent-encoded: %s', async (suffix) => {
    const { id } = await aProject(service);
    const plain = await fetchProvision(service, `/${id}${decodeURIComponent(suffix)}`);
    const encoded = await fetchProvision(service, `/${id.replaceAll('-', '%2D')}${suffix}`);
    expect([encoded.status, encoded.text]).toEqual([200, plain.text]);
  });
});

describe('the YAML of a project', () => {
  it.each([(id: string) => `/${id}.yaml`, (id: string) => `/yaml?id=${id}`])(
    'is the same as that of ExportProject: %s',
    async (path) => {
      const id = await newProject(service, projectDocument(chain('w', ['a', 'b'])));
      const answer = await fetchProvision(service, path(id));
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/yaml; charset=utf-8');
      expect(answer.text).toBe(await exportDocument(service, id));
    },
  );
});

describe('what is refused is told as Lightning tells it', () => {
  it('401 without a token', async () => {
    const { status, text } = await fetchProvision(service, `/${randomUUID()}`, '');
    expect([status, JSON.parse(text)]).toEqual([401, { error: expect.stringContaining('Bearer') }]);
  });

  it('404 for a project that is not there, and for one that the caller may not see', async () => {
    const { id } = await aProject(service);
    const { token } = await aUser(service);
    const unknown = randomUUID();
    const answers = await Promise.all([
      fetchProvision(service, `/${unknown}?`, token),
      fetchProvision(service, `/${id}`, token),
      fetchProvision(service, `/${id}.yaml`, token),
    ]);
    expect(answers.map(({ status, text }) => [status, JSON.parse(text)])).toEqual(
      [unknown, id, id].map((missing) => [404, { error: `project ${missing} not found` }]),
    );
  });

  it('403 for a project that waits for its deletion, to whom is no owner or admin', async () => {
    const [owner, viewer] = [await aUser(service), await aUser(service)];
    const { id } = await aProject(service, { owner, viewer });
    expect((await fetchProvision(service, `/${id}`, viewer.token)).status).toBe(200);
    await service.client(ProjectsService, service.admin).scheduleProjectDeletion({ id });
    expect((await fetchProvision(service, `/${id}`, viewer.token)).status).toBe(403);
    expect((await fetchProvision(service, `/${id}`, owner.token)).status).toBe(200);
  });

  it.each(['xyz', '%zz', '%00', `${UNKNOWN}/`, `${UNKNOWN}/x`, 'a%2Fb', 'xyz.yaml', 'yaml?id=xyz'])(
    '404 for what is no id, once it is known who asks: %s',
    async (name) => {
      const { status, text } = await fetchProvision(service, `/${name}`);
      expect([status, JSON.parse(text)]).toEqual([
        404,
        { error: expect.stringMatching(/^project .+ not found$/s) },
      ]);
      expect((await fetchProvision(service, `/${name}`, '')).status).toBe(401);
    },
  );

  it('422 for a snapshot that is no id', async () => {
    const { id } = await aProject(service);
    const { status, text } = await fetchProvision(service, `/${id}?snapshots[]=xyz`);
    expect([status, JSON.parse(text)]).toEqual([
      422,
      { errors: { 'snapshot_ids[0]': [expect.any(String)] } },
    ]);
  });

  it.each(['/yaml', '/yaml?id=', '/.yaml'])('404 where no project is named: %s', async (path) => {
    const { status, text } = await fetchProvision(service, path);
    expect([status, JSON.parse(text)]).toEqual([404, { error: 'no project is named' }]);
    expect((await fetchProvision(service, path, '')).status).toBe(401);
  });

  it('overlooks a slash at the end, as Lightning does', async () => {
    const { id } = await aProject(service);
    for (const path of [`/${id}`, `/${id}.yaml`])
      expect((await fetchProvision(service, `${path}/?`)).text).toBe(
        (await fetchProvision(service, path)).text,
      );
  });

  it('404 of the listener for paths that only begin alike', async () => {
    const { status, text } = await fetchProvision(service, 's');
    const message = expect.stringContaining('/api/provision');
    expect([status, JSON.parse(text)]).toEqual([
      404,
      expect.objectContaining({ code: 'unimplemented', message }),
    ]);
  });

  it.each([
    ['', ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'], 'POST'],
    ['/', ['GET'], 'POST'],
    [`/${UNKNOWN}`, ['POST', 'PUT', 'DELETE', 'PATCH'], 'GET, HEAD'],
    [`/${UNKNOWN}.yaml`, ['PUT'], 'GET, HEAD'],
    ['/yaml', ['POST'], 'GET, HEAD'],
  ])('405 for what cannot be done there, and what can: /api/provision%s', async (path, methods, allowed) => {
    for (const method of methods) {
      const headers = { authorization: `Bearer ${service.admin}` };
      const body = ['PUT', 'PATCH', 'POST'].includes(method) ? '{}' : null;
      const answer = await fetch(`${service.httpUrl}/api/provision${path}`, { method, headers, body });
      expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, allowed]);
      if (method !== 'HEAD') expect(await answer.json()).toEqual({ error: expect.stringContaining(method) });
    }
  });

  it.each([
    ['', 'application/json; charset=utf-8'],
    ['.yaml', 'text/yaml; charset=utf-8'],
  ])('the headers alone to a HEAD (%s)', async (suffix, type) => {
    const { id } = await aProject(service);
    const ask = (asked: string) =>
      fetch(`${service.httpUrl}/api/provision/${asked}${suffix}`, {
        method: 'HEAD',
        headers: { authorization: `Bearer ${service.admin}` },
      });
    const answer = await ask(id);
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, type, '']);
    expect((await ask(UNKNOWN)).status).toBe(404);
  });

  it('with the request id that the caller sent', async () => {
    const headers = { authorization: `Bearer ${service.admin}`, 'x-request-id': 'mine' };
    const { id } = await aProject(service);
    for (const [asked, status] of [
      [id, 200],
      [randomUUID(), 404],
    ]) {
      const answer = await fetch(`${service.httpUrl}/api/provision/${asked}`, { headers });
      expect([answer.status, answer.headers.get('x-request-id')]).toEqual([status, 'mine']);
    }
  });
});
