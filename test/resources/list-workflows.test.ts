import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import type { Workflow } from '../../src/gen/lightning/projects/v1/workflow_pb.ts';
import { workflowsPage } from '../../src/resources/workflow-query.ts';
import { planOf } from '../support/explain.ts';
import { pagesOf } from '../support/pages.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

function client() {
  return service.client(ResourcesService, service.admin);
}

/** Writes workflows with these names; a name after `-` is of a deleted one. Answers their ids in order. */
async function workflowsOf(projectId: string, names: readonly string[]): Promise<string[]> {
  const made = names.map((name) => ({
    id: randomUUID(),
    name: name.replace(/^-/, ''),
    deleted: name.startsWith('-'),
  }));
  await rows(
    service,
    `insert into workflows (id, project_id, name, deleted_at)
     select id, $1, name, case when deleted then now() end
     from jsonb_to_recordset($2::jsonb) as row (id uuid, name text, deleted boolean)`,
    [projectId, JSON.stringify(made)],
  );
  return made.map(({ id }) => id);
}

async function aProjectWith(names: readonly string[]): Promise<string> {
  const { id } = await aProject(service);
  await workflowsOf(id, names);
  return id;
}

const names = (workflows: readonly Workflow[]) => workflows.map(({ name }) => name);

describe('ListWorkflows', () => {
  it('ends a page where the positions exceed 2 MiB together, but always shows one workflow', async () => {
    const projectId = await aProjectWith(['a', 'b', 'c', 'd', 'e']);
    for (const [name, size] of [
      ['a', 900_000],
      ['b', 900_000],
      ['c', 900_000],
      ['d', 3_200_000],
    ] as const) {
      await rows(
        service,
        `update workflows set positions = jsonb_build_object(repeat('n', $3), '{"x": 1, "y": 2}'::jsonb)
         where project_id = $1 and name = $2`,
        [projectId, name, size],
      );
    }

    const pages = await pagesOf(
      (pageToken) => client().listWorkflows({ projectId, pageToken }),
      ({ workflows }) => workflows.map(({ positions }) => Object.keys(positions).join().length),
    );

    expect(pages).toEqual([[900_000, 900_000], [900_000], [3_200_000, 0]]);
  });

  it('leaves out what stands among the positions and is none', async () => {
    const projectId = await aProjectWith(['a']);
    const kept = '{"one": {"x": 1, "y": 2}, "none": null, "half": {"x": 1, "y": null}, "text": "3,4"}';
    for (const [positions, shown] of [
      [kept, { one: { x: 1, y: 2 } }],
      ['[1]', {}],
      ['"text"', {}],
      ['null', {}],
    ] as const) {
      await rows(service, 'update workflows set positions = $2 where project_id = $1', [
        projectId,
        positions,
      ]);
      const { workflows } = await client().listWorkflows({ projectId });
      expect(workflows.map((workflow) => workflow.positions)).toMatchObject([shown]);
      expect(Object.keys(workflows[0]?.positions ?? {})).toEqual(Object.keys(shown));
    }
  });

  it('shows a workflow with its latest version and the snapshot of its present state', async () => {
    const owner = await aUser(service);
    const { id: projectId } = await aProject(service, { owner });
    const [id] = await workflowsOf(projectId, ['Sync patients']);
    await rows(
      service,
      `update workflows set positions = '{"node": {"x": 1.5, "y": -2}}', concurrency = 3, lock_version = 2,
         enable_job_logs = false where id = $1`,
      [id],
    );
    await rows(
      service,
      `insert into workflow_versions (workflow_id, hash, source, inserted_at)
       values ($1, 'aaaaaaaaaaaa', 'app', now() - interval '1 minute'), ($1, 'bbbbbbbbbbbb', 'cli', now()),
              ($1, 'cccccccccccc', 'app', now() - interval '2 minutes')`,
      [id],
    );
    const snapshots = await rows<{ id: string; lock_version: number }>(
      service,
      `insert into workflow_snapshots (workflow_id, lock_version, name)
       values ($1, 1, 'Sync'), ($1, 2, 'Sync patients') returning id, lock_version`,
      [id],
    );

    const { workflows } = await service.client(ResourcesService, owner.token).listWorkflows({ projectId });

    expect(workflows).toMatchObject([
      {
        id,
        projectId,
        name: 'Sync patients',
        concurrency: 3,
        enableJobLogs: false,
        lockVersion: 2,
        positions: { node: { x: 1.5, y: -2 } },
        latestVersionHash: 'bbbbbbbbbbbb',
        snapshotId: snapshots.find((snapshot) => snapshot.lock_version === 2)?.id,
      },
    ]);
    expect(workflows[0]?.deletedAt).toBeUndefined();
  });

  it('shows what a workflow lacks as empty', async () => {
    const projectId = await aProjectWith(['Plain']);

    const { workflows } = await client().listWorkflows({ projectId });

    expect(workflows).toMatchObject([{ positions: {}, latestVersionHash: '', snapshotId: '' }]);
    expect(workflows[0]?.concurrency).toBeUndefined();
  });

  it('sorts by name, bytewise, and leaves deleted ones out unless they are asked for', async () => {
    const projectId = await aProjectWith(['beta', 'Zeta', '-alpha', 'alpha', '-alpha', 'Écho']);

    const present = await client().listWorkflows({ projectId });
    const all = await client().listWorkflows({ projectId, includeDeleted: true });

    expect(names(present.workflows)).toEqual(['Zeta', 'alpha', 'beta', 'Écho']);
    expect(names(all.workflows)).toEqual(['Zeta', 'alpha', 'alpha', 'alpha', 'beta', 'Écho']);
    const namesakes = all.workflows.filter(({ name }) => name === 'alpha');
    expect(namesakes.map(({ id }) => id)).toEqual(namesakes.map(({ id }) => id).toSorted());
    expect(namesakes.filter(({ deletedAt }) => deletedAt !== undefined)).toHaveLength(2);
  });

  it('shows nothing of other projects', async () => {
    const { id: root } = await aProject(service);
    const { id: sandbox } = await aProject(service, {}, { parentId: root });
    await workflowsOf(root, ['of the root']);
    await workflowsOf(sandbox, ['of the sandbox']);

    expect(names((await client().listWorkflows({ projectId: root })).workflows)).toEqual(['of the root']);
    expect(names((await client().listWorkflows({ projectId: sandbox.toUpperCase() })).workflows)).toEqual([
      'of the sandbox',
    ]);
  });

  it.each([
    ['Sync', ['Sync', 'Sync %', 'Sync _', 'Syncope', 'Sync\u{10FFFF}']],
    ['Sync %', ['Sync %']],
    ['Sync _', ['Sync _']],
    ['sync', ['sync lower']],
    ['\\', ['\\backslash']],
    ['nothing', []],
  ])('takes the prefix %j literally', async (namePrefix, expected) => {
    const all = [
      'Sync',
      'Sync %',
      'Sync _',
      'Syncope',
      'Sync\u{10FFFF}',
      'sync lower',
      'Other',
      '\\backslash',
    ];
    const projectId = await aProjectWith(all);

    const { workflows } = await client().listWorkflows({ projectId, namePrefix });

    expect(names(workflows)).toEqual(expected);
  });

  it.each([1, 2, 3, 6, 7])('shows each workflow once in pages of %i', async (pageSize) => {
    const projectId = await aProjectWith(['b', '-a', 'c', '-a', 'a', '-b', 'd']);
    const all = await client().listWorkflows({ projectId, includeDeleted: true });

    const read: Workflow[] = [];
    let pageToken = '';
    do {
      const answer = await client().listWorkflows({ projectId, includeDeleted: true, pageSize, pageToken });
      read.push(...answer.workflows);
      pageToken = answer.nextPageToken;
    } while (pageToken !== '');

    expect(read).toEqual(all.workflows);
  });

  it('refuses a token when a filter has changed', async () => {
    const projectId = await aProjectWith(['a', 'b', 'c']);
    const { nextPageToken: pageToken } = await client().listWorkflows({ projectId, pageSize: 1 });

    for (const changed of [{ namePrefix: 'a' }, { includeDeleted: true }]) {
      const refused = await refusal(client().listWorkflows({ projectId, pageToken, ...changed }));
      expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', fields: { page_token: expect.any(String) } });
    }
  });

  it('refuses a project that does not exist', async () => {
    expect(await refusal(client().listWorkflows({ projectId: randomUUID() }))).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'PROJECT_NOT_FOUND',
    });
  });
});

describe('On a large database ListWorkflows', () => {
  let projectId: string;
  beforeAll(async () => {
    const projects = await rows<{ id: string }>(
      service,
      `insert into projects (name) select 'large-' || n from generate_series(1, 100) n returning id`,
    );
    projectId = projects[50]?.id ?? '';
    await rows(
      service,
      `insert into workflows (project_id, name, deleted_at)
       select p.id, 'Workflow ' || n, case when n % 5 = 0 then now() end
       from projects p, generate_series(1, 200) n where p.name like 'large-%'`,
    );
    await rows(
      service,
      `insert into workflow_versions (workflow_id, hash, source)
       select id, left(md5(id::text || n), 12), 'app' from workflows, generate_series(1, 3) n`,
    );
    await rows(
      service,
      `insert into workflow_snapshots (workflow_id, lock_version, name) select id, 1, name from workflows
       where name like 'Workflow %'`,
    );
    await rows(service, 'analyze');
  });

  it.each([
    ['the first page', { after: undefined, includeDeleted: true, namePrefix: '' }],
    ['a later page', { after: ['Workflow 5', randomUUID()], includeDeleted: true, namePrefix: '' }],
    ['a page by prefix', { after: undefined, includeDeleted: true, namePrefix: 'Workflow 19' }],
    [
      'a page without deleted ones',
      { after: ['Workflow 5', randomUUID()], includeDeleted: false, namePrefix: '' },
    ],
  ])('reads %s in the order of its index and the latest versions from theirs', async (_, page) => {
    const plan = await planOf(service, (read) => workflowsPage(read, { projectId, limit: 51, ...page }));

    expect(plan).toMatch(/Index (Only )?Scan using workflows_project_id_name(_id)?_index/);
    expect(plan).toMatch(/Index (Only )?Scan using workflow_versions_latest_index/);
    expect(plan).not.toContain('Seq Scan');
    // An incremental sort is fine: names that are presorted, and ids within each.
    expect(plan).not.toMatch(/-> +Sort /);
  });
});
