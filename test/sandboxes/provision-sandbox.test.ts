import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import type { ProvisionSandboxResponse } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { headHash } from '../support/head-hash.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  ProjectsService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';
import { type CopiedRow, copies, copyIds, sizes } from './support/contents.ts';
import { aParent, type Parent, settings } from './support/parent.ts';

let service: TestService;
let parent: Parent;
let before: Record<string, number>;
let collaborator: TestUser;
let answer: ProvisionSandboxResponse;
let sandboxId: string;
/** Ids of the parent's rows → those of their copies. */
let mapped: Map<unknown, unknown>;
/** When the sandbox was made, as JSON has it. */
let made: unknown;

beforeAll(async () => {
  service = await startTestService();
  [parent, collaborator] = [await aParent(service), await aUser(service)];
  before = await sizes(service, parent.id);
  answer = await service.client(ProjectsService, parent.owner.token).provisionSandbox({
    parentId: parent.id.toUpperCase(),
    name: 'try-out',
    color: '#123',
    env: 'staging',
    collaborators: [{ userId: collaborator.id, role: Role.ADMIN }],
    dataclipIds: ['all', 'kept', 'hook'].map((name) => parent.dataclips[name] ?? ''),
  });
  sandboxId = answer.project?.id ?? '';
  mapped = await copyIds(service, sandboxId);
  const [row] = await rows<{ made: unknown }>(
    service,
    'select to_jsonb(inserted_at) as made from projects where id = $1',
    [sandboxId],
  );
  made = row?.made;
});

afterAll(() => service.close());

/** The copies must be their sources but for what `changed` says of each. */
async function expectCopies(
  kind: 'workflow' | 'job' | 'trigger' | 'edge' | 'keychain',
  changed: (source: CopiedRow['source']) => Record<string, unknown>,
): Promise<CopiedRow[]> {
  const found = await copies(service, sandboxId, kind);
  expect(found.map(({ copy }) => copy)).toEqual(
    found.map(({ source }) => ({
      ...source,
      id: mapped.get(source.id),
      inserted_at: made,
      updated_at: made,
      ...changed(source),
    })),
  );
  return found;
}

describe('ProvisionSandbox copies', () => {
  it('the settings, under the name, colour and environment of the request', () => {
    expect(answer.project).toMatchObject({
      ...settings,
      parentId: parent.id,
      name: 'try-out',
      color: '#123',
      env: 'staging',
    });
  });

  it('no colour and no environment when the request has none', async () => {
    const { project } = await service
      .client(ProjectsService, parent.owner.token)
      .provisionSandbox({ parentId: parent.id, name: 'plain' });
    expect(project?.color).toBeUndefined();
    expect(project?.env).toBeUndefined();
  });

  it('no members: the actor owns it, the collaborators follow', () => {
    const members = answer.members.map(({ userId, role }) => ({ userId, role }));
    expect(members).toHaveLength(2);
    expect(members).toEqual(
      expect.arrayContaining([
        { userId: parent.owner.id, role: Role.OWNER },
        { userId: collaborator.id, role: Role.ADMIN },
      ]),
    );
  });

  it('workflows that are not deleted, their positions under the new ids', async () => {
    const found = await expectCopies('workflow', ({ name, positions }) => ({
      project_id: sandboxId,
      lock_version: 1,
      positions: name === 'Intake' ? rekeyed(positions) : null,
    }));
    expect(found.map(({ copy }) => copy.name).toSorted()).toEqual(['Intake', 'Report']);
    expect(
      Object.keys(rekeyed(found.find(({ copy }) => copy.name === 'Intake')?.source.positions)),
    ).toHaveLength(6);
  });

  it('jobs in the order of their insertion, with the credentials of the sandbox', async () => {
    const found = await expectCopies('job', (source) => ({
      workflow_id: mapped.get(source.workflow_id),
      project_credential_id: mapped.get(source.project_credential_id),
      keychain_credential_id: mapped.get(source.keychain_credential_id),
    }));
    expect(found.map(({ copy }) => copy.name).filter((name) => name !== 'only')).toEqual([
      'first',
      'second',
      'third',
    ]);
    expect(found.filter(({ copy }) => copy.project_credential_id !== null)).toHaveLength(1);
    expect(found.filter(({ copy }) => copy.keychain_credential_id !== null)).toHaveLength(1);
  });

  it('triggers, disabled and without their path, with the cursor on the copied job', async () => {
    const found = await expectCopies('trigger', (source) => ({
      workflow_id: mapped.get(source.workflow_id),
      enabled: false,
      enabled_before_deletion: false,
      custom_path: null,
      cron_cursor_job_id: mapped.get(source.cron_cursor_job_id),
    }));
    expect(found.map(({ copy }) => copy.type)).toEqual(['webhook', 'cron', 'kafka']);
    expect(found.filter(({ copy }) => copy.cron_cursor_job_id !== null)).toHaveLength(1);
  });

  it('edges in the order of their insertion, between the copies of their ends', async () => {
    const found = await expectCopies('edge', (source) => ({
      workflow_id: mapped.get(source.workflow_id),
      source_job_id: mapped.get(source.source_job_id),
      source_trigger_id: mapped.get(source.source_trigger_id),
      target_job_id: mapped.get(source.target_job_id),
    }));
    expect(found.map(({ copy }) => copy.condition_type)).toEqual([
      'always',
      'js_expression',
      'on_job_failure',
    ]);
  });

  it('keychains that a job uses, made by the actor', async () => {
    const found = await expectCopies('keychain', () => ({
      project_id: sandboxId,
      created_by_id: parent.owner.id,
    }));
    expect(found.map(({ copy }) => copy.name)).toEqual(['by site']);
  });

  it('no credential: it refers to those of the parent', async () => {
    const credentials =
      'select credential_id from project_credentials where project_id = $1 order by credential_id';
    expect(await rows(service, credentials, [sandboxId])).toEqual(
      await rows(service, credentials, [parent.id]),
    );
  });

  it('no method of authentication: the webhook shares those of the parent', async () => {
    const methods = `select webhook_auth_method_id from trigger_webhook_auth_methods shared
      join triggers on triggers.id = shared.trigger_id join workflows on workflows.id = triggers.workflow_id
      where project_id = $1 order by 1`;
    expect(await rows(service, methods, [sandboxId])).toEqual(await rows(service, methods, [parent.id]));
  });

  it('the latest version of each workflow as it is', async () => {
    const versions = await rows(
      service,
      `select name, hash, source from workflow_versions join workflows on workflows.id = workflow_id
       where project_id = $1`,
      [sandboxId],
    );
    expect(versions).toEqual([{ name: 'Intake', hash: 'bbbbbbbbbbbb', source: 'cli' }]);
  });

  it('the dataclips asked for in the order of their insertion: name, type and body', async () => {
    const clips = await rows(
      service,
      'select name, type, body, request, wiped_at from dataclips where project_id = $1 order by id',
      [sandboxId],
    );
    const rest = { request: null, wiped_at: null };
    expect(clips).toEqual([
      { name: 'hook', type: 'http_request', body: { c: null }, ...rest },
      { name: 'kept', type: 'saved_input', body: { b: [2] }, ...rest },
      { name: 'all', type: 'global', body: { a: 1 }, ...rest },
    ]);
  });

  it('nothing else', async () => {
    expect(await sizes(service, sandboxId)).toEqual({
      project_users: 2,
      project_credentials: 2,
      keychain_credentials: 1,
      project_heads: 1,
      dataclips: 3,
      workflows: 2,
      jobs: 4,
      triggers: 3,
      workflow_edges: 3,
      workflow_versions: 1,
      workflow_snapshots: 2,
      trigger_webhook_auth_methods: 2,
      sandbox_lineage: 13,
    });
  });
});

describe('ProvisionSandbox', () => {
  it('takes a first snapshot of each workflow', async () => {
    const found = await rows<{ snapshot: unknown; content: unknown }>(
      service,
      `select jsonb_build_array(s.lock_version, s.name, s.positions, s.jobs, s.triggers, s.edges) as snapshot,
              jsonb_build_array(w.lock_version, w.name, w.positions,
                (select coalesce(jsonb_agg(to_jsonb(j) - 'workflow_id' order by j.inserted_at, j.id), '[]')
                 from jobs j where j.workflow_id = w.id),
                (select coalesce(jsonb_agg(
                   to_jsonb(t) - 'workflow_id' - 'enabled_before_deletion' #- '{kafka_configuration,password}'
                   order by t.inserted_at, t.id), '[]') from triggers t where t.workflow_id = w.id),
                (select coalesce(jsonb_agg(to_jsonb(e) - 'workflow_id' order by e.inserted_at, e.id), '[]')
                 from workflow_edges e where e.workflow_id = w.id)) as content
       from workflow_snapshots s join workflows w on w.id = s.workflow_id where w.project_id = $1`,
      [sandboxId],
    );
    expect(found).toHaveLength(2);
    for (const { snapshot, content } of found) expect(snapshot).toEqual(content);
  });

  it('computes the head of the sandbox and begins its history with it', async () => {
    const [intake] = (await copies(service, sandboxId, 'workflow')).filter(
      ({ copy }) => copy.name === 'Intake',
    );
    const head = headHash([[String(intake?.copy.id), 'bbbbbbbbbbbb']]);
    const projects = service.client(ProjectsService, service.admin);

    expect(answer.project?.headHash).toBe(head);
    expect(await projects.getProjectHead({ projectId: sandboxId })).toMatchObject({ headHash: head });
    const { heads } = await projects.listProjectHeads({ projectId: sandboxId });
    expect(heads.map(({ position, hash }) => [position, hash])).toEqual([[1n, head]]);
    const [row] = await rows(service, 'select head_hash from projects where id = $1', [sandboxId]);
    expect(row).toEqual({ head_hash: head });
  });

  it('keeps which row was copied from which, and the version of each workflow', async () => {
    const lineage = await rows<{ kind: string; source_hash: string | null; count: number }>(
      service,
      `select kind, source_hash, count(*)::int from sandbox_lineage where sandbox_id = $1
       group by kind, source_hash order by kind, source_hash`,
      [sandboxId],
    );
    expect(lineage).toEqual([
      { kind: 'edge', source_hash: null, count: 3 },
      { kind: 'job', source_hash: null, count: 4 },
      { kind: 'keychain', source_hash: null, count: 1 },
      { kind: 'trigger', source_hash: null, count: 3 },
      { kind: 'workflow', source_hash: 'bbbbbbbbbbbb', count: 1 },
      { kind: 'workflow', source_hash: null, count: 1 },
    ]);
  });

  it('leaves the parent as it was', async () => {
    expect(await sizes(service, parent.id)).toEqual(before);
  });

  it('is told as one happening, with the parent and the head', async () => {
    const told = await rows(service, 'select kind, actor_id, data from events where project_id = $1', [
      sandboxId,
    ]);
    expect(told).toEqual([
      {
        kind: 'sandbox_provisioned',
        actor_id: parent.owner.id,
        data: {
          parent_id: { after: parent.id },
          name: { after: 'try-out' },
          head_hash: { after: answer.project?.headHash },
        },
      },
    ]);
  });

  it('clones an empty project', async () => {
    const owner = await aUser(service);
    const projects = service.client(ProjectsService, owner.token);
    const { project: empty } = await service
      .client(ProjectsService, service.admin)
      .createProject({ project: { name: 'empty' }, members: [{ userId: owner.id, role: Role.OWNER }] });
    const { project } = await projects.provisionSandbox({ parentId: empty?.id ?? '', name: 'copy' });
    expect(project?.headHash).toBe(headHash([]));
    expect(await sizes(service, project?.id ?? '')).toEqual({ project_users: 1, project_heads: 1 });
  });

  it('clones a sandbox of a sandbox, and its copies of keychains', async () => {
    const { project } = await service
      .client(ProjectsService, parent.owner.token)
      .provisionSandbox({ parentId: sandboxId, name: 'deeper' });
    const found = await sizes(service, project?.id ?? '');
    expect(found).toMatchObject({ keychain_credentials: 1, jobs: 4, triggers: 3, workflow_edges: 3 });
  });

  it('takes positions that are no object for none', async () => {
    const own = await aParent(service);
    await rows(service, `update workflows set positions = 'null' where project_id = $1`, [own.id]);
    const { project } = await service
      .client(ProjectsService, own.owner.token)
      .provisionSandbox({ parentId: own.id, name: 'copy' });
    const found = await copies(service, project?.id ?? '', 'workflow');
    expect(found.map(({ copy }) => copy.positions)).toEqual([null, null]);
  });

  it('drops the reference to the credential of another project', async () => {
    const [stranger, own] = [await aParent(service), await aParent(service)];
    await rows(
      service,
      `update jobs set keychain_credential_id = null, project_credential_id =
         (select id from project_credentials where project_id = $1 limit 1)
       where workflow_id in (select id from workflows where project_id = $2)`,
      [stranger.id, own.id],
    );
    const { project } = await service
      .client(ProjectsService, own.owner.token)
      .provisionSandbox({ parentId: own.id, name: 'copy' });
    const found = await copies(service, project?.id ?? '', 'job');
    expect(found.map(({ copy }) => copy.project_credential_id)).toEqual([null, null, null, null]);
  });
});

/** Positions with the ids of nodes mapped to their copies; what is no node is left out. */
function rekeyed(positions: unknown): Record<string, unknown> {
  const entries = Object.entries(positions ?? {}).filter(([node]) => mapped.has(node));
  return Object.fromEntries(entries.map(([node, place]) => [mapped.get(node), place]));
}
