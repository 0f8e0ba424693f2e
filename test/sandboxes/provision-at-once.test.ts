import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { sizes } from './support/contents.ts';
import { aParent, type Parent } from './support/parent.ts';

let service: TestService;
let parent: Parent;
beforeAll(async () => {
  service = await startTestService();
  parent = await aParent(service);
});
afterAll(() => service.close());

const owners = () => service.client(ProjectsService, parent.owner.token);

async function sandboxNames(): Promise<string[]> {
  const { projects } = await owners().listSandboxes({ parentId: parent.id, pageSize: 1000 });
  return projects.map(({ name }) => name);
}

describe('ProvisionSandbox, many at once', () => {
  it('lets one of 50 have a name', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const made = owners().provisionSandbox({ parentId: parent.id, name: 'wanted' });
        return await made.then(
          () => 'made',
          async () => (await refusal(made)).reason,
        );
      }),
    );
    expect(outcomes.filter((outcome) => outcome === 'made')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'PROJECT_NAME_TAKEN')).toHaveLength(49);
    expect((await sandboxNames()).filter((name) => name === 'wanted')).toHaveLength(1);
  });

  it('makes 20 of different names, all of them whole', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        owners().provisionSandbox({ parentId: parent.id, name: `many-${index}` }),
      ),
    );
    const [first, ...others] = await Promise.all(
      answers.map(({ project }) => sizes(service, project?.id ?? '')),
    );
    expect(first).toMatchObject({ jobs: 4, workflow_edges: 3, workflow_snapshots: 2 });
    for (const other of others) expect(other).toEqual(first);
  });
});

describe('ProvisionSandbox with a request_id', () => {
  it('gives one answer to the same request, in turn and at once', async () => {
    const request = { parentId: parent.id, name: 'once', requestId: randomUUID() };
    const [first, ...others] = await Promise.all(
      Array.from({ length: 5 }, () => owners().provisionSandbox(request)),
    );
    for (const other of others) expect(other).toEqual(first);
    expect(await owners().provisionSandbox(request)).toEqual(first);
    expect((await sandboxNames()).filter((name) => name === 'once')).toHaveLength(1);
  });

  it('refuses another request under it', async () => {
    const request = { parentId: parent.id, name: 'first', requestId: randomUUID() };
    await owners().provisionSandbox(request);
    expect(await refusal(owners().provisionSandbox({ ...request, name: 'second' }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'REQUEST_ID_REUSED',
    });
  });
});

describe('ProvisionSandbox, ended half-way', () => {
  /** Rows of everything that provisioning writes. */
  async function written(): Promise<unknown> {
    const tables = [
      'projects',
      'project_users',
      'project_heads',
      'workflows',
      'jobs',
      'triggers',
      'workflow_edges',
      'workflow_versions',
      'workflow_snapshots',
      'dataclips',
      'sandbox_lineage',
      'events',
      'audit_events',
      'idempotency_keys',
    ];
    return await rows(
      service,
      tables.map((table) => `select '${table}' as name, count(*) from ${table}`).join(' union all '),
    );
  }

  /**
   * Provisions while nobody may write snapshots, which comes after the clone; once it waits there, ends it,
   * and answers how the call ended.
   */
  async function ended(
    request: { readonly name: string; readonly requestId: string },
    end: (backend: number, controller: AbortController) => Promise<unknown>,
  ): Promise<unknown> {
    const blocker = new pg.Client(service.databaseUrl);
    await blocker.connect();
    try {
      await blocker.query('begin');
      await blocker.query('lock table workflow_snapshots in access exclusive mode');
      const controller = new AbortController();
      const call = refusal(
        owners().provisionSandbox({ parentId: parent.id, ...request }, { signal: controller.signal }),
      );
      await expect.poll(waitingBackends).toHaveLength(1);
      const [backend = 0] = await waitingBackends();
      await end(backend, controller);
      const outcome = await call;
      await expect.poll(() => isThere(backend)).toBe(false);
      return outcome;
    } finally {
      await blocker.end();
    }
  }

  async function waitingBackends(): Promise<number[]> {
    const waiting = await rows<{ pid: number }>(
      service,
      `select pid from pg_locks where relation = 'workflow_snapshots'::regclass and not granted`,
    );
    return waiting.map(({ pid }) => pid);
  }

  /** Whether the backend still is in its transaction. */
  async function isThere(backend: number): Promise<boolean> {
    const found = await rows(
      service,
      'select from pg_stat_activity where pid = $1 and xact_start is not null',
      [backend],
    );
    return found.length > 0;
  }

  it('by its caller, leaves nothing', async () => {
    const before = await written();
    const request = { name: 'cancelled', requestId: randomUUID() };
    expect(
      await ended(request, async (_, controller) => controller.abort(new Error('no more'))),
    ).toMatchObject({ code: 'CANCELLED' });
    expect(await written()).toEqual(before);
    expect((await owners().provisionSandbox({ parentId: parent.id, ...request })).project?.name).toBe(
      'cancelled',
    );
  });

  it('by the loss of its connection, leaves nothing, and the service goes on', async () => {
    const before = await written();
    const request = { name: 'killed', requestId: randomUUID() };
    expect(
      await ended(request, (backend) => rows(service, 'select pg_terminate_backend($1)', [backend])),
    ).toMatchObject({ code: 'UNAVAILABLE', reason: 'DATABASE_UNAVAILABLE' });
    expect(await written()).toEqual(before);
    expect((await owners().provisionSandbox({ parentId: parent.id, ...request })).project?.name).toBe(
      'killed',
    );
  });
});
