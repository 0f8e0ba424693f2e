import { ConnectError } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DifferenceKind,
  MergeAction,
  MergeStrategy,
} from '../../src/gen/lightning/projects/v1/comparison_pb.ts';
import { ending, refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  ProjectsService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';
import { aSandbox, aWorkspace, edit, exported, type Workspace } from './support/workspace.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService({ ROLES: 'rpc', PURGE_DELETED_AFTER_DAYS: '7' });
});

afterAll(() => service.close());

const intake = {
  jobs: { fetch: 'get("/a");', load: 'post("/b");' },
  triggers: { webhook: true },
  edges: ['webhook->fetch', 'fetch->load'],
};
const report = { jobs: { only: 'fn();' } };

const merge = ({ projects, sandbox: sandboxId, parent: targetId }: Workspace, more = {}) =>
  projects.mergeSandbox({ sandboxId, targetId, ...more });

/** Rows of the workflows' graphs: table, id, and what the row says. */
const graph = (projectId: string) =>
  rows<{ id: string; name: string; row: Record<string, unknown> }>(
    service,
    `with mine as (select id from workflows where project_id = $1)
     select id, name, to_jsonb(w) as row from workflows w where project_id = $1
     union all select id, name, to_jsonb(j) from jobs j where workflow_id in (select id from mine)
     union all select id, type, to_jsonb(t) from triggers t where workflow_id in (select id from mine)
     union all select id, condition_type, to_jsonb(e) from workflow_edges e where workflow_id in (select id from mine)
     order by id`,
    [projectId],
  );

describe('MergeSandbox', () => {
  it('brings what the sandbox changed and keeps the ids of what matches, over either listener', async () => {
    for (const client of [service.client, service.httpClient]) {
      const workspace = await aWorkspace(service, { intake, report });
      const before = await graph(workspace.parent);
      await edit(workspace, workspace.sandbox, {
        intake: { ...intake, jobs: { fetch: 'get("/new");', load: 'post("/b");' } },
        report,
      });
      const { sandbox: sandboxId, parent: targetId, owner } = workspace;
      const answer = await client(ProjectsService, owner.token).mergeSandbox({ sandboxId, targetId });

      const { workflows } = await exported(workspace, targetId);
      expect(workflows.intake?.jobs?.fetch?.body).toBe('get("/new");');
      const after = await graph(targetId);
      expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
      const changed = after.filter(
        ({ row }, index) => JSON.stringify(row) !== JSON.stringify(before[index]?.row),
      );
      expect(changed.map(({ name }) => name).toSorted()).toEqual(['fetch', 'intake']);
      expect(answer.plan?.steps.map(({ action, difference }) => [difference?.targetName, action])).toEqual([
        ['intake', MergeAction.UPDATE],
        ['report', MergeAction.KEEP],
      ]);
      expect(answer.targetHead).toBe(answer.project?.headHash);
    }
  });

  it('records a version of source cli, a snapshot and the head', async () => {
    const workspace = await aWorkspace(service, { report });
    await edit(workspace, workspace.sandbox, { report: { jobs: { only: 'fn(2);' } } });
    const { targetHead } = await merge(workspace);

    const [workflow] = await rows(
      service,
      `select w.version_hash = (
                select v.hash from workflow_versions v where v.workflow_id = w.id and v.source = 'cli'
                order by v.inserted_at desc limit 1
              ) as latest_is_cli,
              exists (select from workflow_snapshots s where s.workflow_id = w.id and s.lock_version = w.lock_version
                      and s.jobs->0->>'body' = 'fn(2);') as has_snapshot
       from workflows w where project_id = $1`,
      [workspace.parent],
    );
    expect(workflow).toEqual({ latest_is_cli: true, has_snapshot: true });
    const { heads } = await workspace.projects.listProjectHeads({ projectId: workspace.parent });
    expect(heads.at(-1)?.hash).toBe(targetHead);
  });

  it('creates workflows with their triggers disabled, and deletes softly what the sandbox deleted', async () => {
    const workspace = await aWorkspace(service, { report, old: report });
    await edit(workspace, workspace.sandbox, { report, intake });
    await merge(workspace);

    const { workflows } = await exported(workspace, workspace.parent);
    expect(Object.keys(workflows)).toEqual(['intake', 'report']);
    expect(workflows.intake?.triggers?.webhook?.enabled).toBe(false);
    expect(Object.keys(workflows.intake?.edges ?? {})).toEqual(['webhook->fetch', 'fetch->load']);
    const deleted = await rows(
      service,
      'select name from workflows where project_id = $1 and deleted_at is not null',
      [workspace.parent],
    );
    expect(deleted).toEqual([{ name: 'old' }]);
  });

  it('sees a renamed workflow and a renamed job as the ones they were', async () => {
    const workspace = await aWorkspace(service, { intake });
    const before = await graph(workspace.parent);
    await rows(
      service,
      `update workflows set name = 'Admission', lock_version = lock_version + 1 where project_id = $1`,
      [workspace.sandbox],
    );
    await rows(
      service,
      `update jobs set name = 'read' where name = 'fetch' and workflow_id in (select id from workflows where project_id = $1)`,
      [workspace.sandbox],
    );
    const { plan } = await merge(workspace);

    expect((await graph(workspace.parent)).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(plan?.steps.map(({ difference }) => difference)).toMatchObject([
      {
        sourceName: 'Admission',
        targetName: 'intake',
        kind: DifferenceKind.UPDATED,
        nodes: [{ fields: ['name'] }, { sourceName: 'read', targetName: 'fetch', fields: ['name'] }],
      },
    ]);
  });

  it('lets two workflows exchange their names', async () => {
    const workspace = await aWorkspace(service, { one: report, two: intake });
    await rows(service, `update workflows set name = name || ' ' where project_id = $1`, [workspace.sandbox]);
    await rows(
      service,
      `update workflows set name = case trim(name) when 'one' then 'two' else 'one' end, lock_version = lock_version + 1
       where project_id = $1`,
      [workspace.sandbox],
    );
    await merge(workspace);
    const { workflows } = await exported(workspace, workspace.parent);
    expect(Object.keys(workflows.two?.jobs ?? {})).toEqual(['only']);
    expect(Object.keys(workflows.one?.jobs ?? {})).toEqual(['fetch', 'load']);
  });

  it('brings positions, concurrency, comments and Kafka settings, but neither passwords nor custom paths', async () => {
    const workspace = await aWorkspace(service, {
      intake: { jobs: { only: 'fn();' }, triggers: { kafka: true } },
    });
    const ofProject = 'workflow_id in (select id from workflows where project_id = $1)';
    await rows(
      service,
      `update triggers set custom_path = 'own-path', kafka_configuration = '{"topics": ["a"], "password": "mine"}' where ${ofProject}`,
      [workspace.parent],
    );
    await rows(
      service,
      `update triggers set comment = 'new', custom_path = 'other-path', kafka_configuration = '{"topics": ["b"], "password": "other"}' where ${ofProject}`,
      [workspace.sandbox],
    );
    await rows(
      service,
      `update workflows w set concurrency = 4, enable_job_logs = false, lock_version = lock_version + 1,
         positions = (select jsonb_build_object(id, '{"x": 1, "y": 2}'::jsonb) from jobs where workflow_id = w.id)
       where project_id = $1`,
      [workspace.sandbox],
    );
    await merge(workspace);

    const [row] = await rows(
      service,
      `select t.comment, t.custom_path, t.kafka_configuration, t.enabled, w.concurrency, w.enable_job_logs,
              w.positions = jsonb_build_object(j.id, '{"x": 1, "y": 2}'::jsonb) as placed
       from workflows w join triggers t on t.workflow_id = w.id join jobs j on j.workflow_id = w.id
       where w.project_id = $1`,
      [workspace.parent],
    );
    expect(row).toEqual({
      comment: 'new',
      custom_path: 'own-path',
      kafka_configuration: { topics: ['b'], password: 'mine' },
      enabled: true,
      concurrency: 4,
      enable_job_logs: false,
      placed: true,
    });
  });

  it('adds collections and deletes none', async () => {
    const workspace = await aWorkspace(service, { report }, ['kept']);
    await edit(workspace, workspace.sandbox, { report }, ['added']);
    const { plan } = await merge(workspace);
    expect(plan?.addedCollections).toEqual(['added']);
    const { collections } = await exported(workspace, workspace.parent);
    expect(collections).toEqual({ added: { name: 'added' }, kept: { name: 'kept' } });
  });
});

describe('A workflow that both sides changed', () => {
  async function conflicting(): Promise<Workspace> {
    const workspace = await aWorkspace(service, { intake, report });
    await edit(workspace, workspace.sandbox, { intake, report: { jobs: { only: 'theirs();' } } });
    await edit(workspace, workspace.parent, { intake, report: { jobs: { only: 'ours();' } } });
    return workspace;
  }
  const bodyOf = async (workspace: Workspace) =>
    (await exported(workspace, workspace.parent)).workflows.report?.jobs?.only?.body;

  it('is refused by default, with both hashes, and nothing is merged', async () => {
    const workspace = await conflicting();
    const before = await graph(workspace.parent);
    const { workflows } = await workspace.projects.compareProjects({
      sourceId: workspace.sandbox,
      targetId: workspace.parent,
    });
    const [difference] = workflows;
    expect(workflows).toMatchObject([{ targetName: 'report', conflict: true }]);

    const refused = await refusal(merge(workspace));
    expect(refused).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'MERGE_CONFLICT' });
    expect(refused.subjects).toEqual([`workflows/${difference?.targetWorkflowId}`]);
    expect(await graph(workspace.parent)).toEqual(before);
  });

  it('of more workflows than gRPC’s trailers hold is refused with as many as fit, and with all over Connect', async () => {
    const names = Array.from({ length: 150 }, (_, index) => `workflow-${index}`);
    const all = (body: string) => Object.fromEntries(names.map((name) => [name, { jobs: { only: body } }]));
    const workspace = await aWorkspace(service, all('fn();'));
    await edit(workspace, workspace.sandbox, all('theirs();'));
    await edit(workspace, workspace.parent, all('ours();'));
    const { sandbox: sandboxId, parent: targetId, owner } = workspace;
    const merging = (client: TestService['client']) =>
      client(ProjectsService, owner.token).mergeSandbox({ sandboxId, targetId });

    const whole = await refusal(merging(service.httpClient));
    const cut = await refusal(merging(service.client));
    const error = await merging(service.client).catch(ConnectError.from);

    expect(whole).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'MERGE_CONFLICT' });
    expect(new Set(whole.subjects).size).toBe(names.length);
    expect(cut).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'MERGE_CONFLICT' });
    // Clients take 8 KiB by default, in base64.
    const details = error instanceof ConnectError ? error.details : [];
    const bytes = details.map((detail) => ('type' in detail ? detail.value.length : Number.NaN));
    expect(bytes.reduce((sum, more) => sum + more)).toBeLessThan(5500);
    expect(cut.subjects).toEqual([...whole.subjects.slice(0, cut.subjects.length - 1), '']);
    expect(cut.subjects.length).toBeGreaterThan(20);
  });

  it('stays the target’s with OURS, and becomes the sandbox’s with THEIRS', async () => {
    const workspace = await conflicting();
    await merge(workspace, { strategy: MergeStrategy.OURS });
    expect(await bodyOf(workspace)).toBe('ours();');
    await merge(workspace, { strategy: MergeStrategy.THEIRS });
    expect(await bodyOf(workspace)).toBe('theirs();');
    expect((await merge(workspace)).plan?.steps.map(({ action }) => action)).toEqual([
      MergeAction.KEEP,
      MergeAction.KEEP,
    ]);
  });

  it('is also one that a side deleted: THEIRS deletes it, or makes it again', async () => {
    const deletedInSandbox = await aWorkspace(service, { intake, report });
    await edit(deletedInSandbox, deletedInSandbox.sandbox, { intake });
    await edit(deletedInSandbox, deletedInSandbox.parent, { intake, report: { jobs: { only: 'ours();' } } });
    expect(await refusal(merge(deletedInSandbox))).toMatchObject({ reason: 'MERGE_CONFLICT' });
    await merge(deletedInSandbox, { strategy: MergeStrategy.THEIRS });
    expect(await bodyOf(deletedInSandbox)).toBeUndefined();

    const deletedInTarget = await aWorkspace(service, { intake, report });
    await edit(deletedInTarget, deletedInTarget.sandbox, { intake, report: { jobs: { only: 'theirs();' } } });
    await edit(deletedInTarget, deletedInTarget.parent, { intake });
    expect(await refusal(merge(deletedInTarget))).toMatchObject({ reason: 'MERGE_CONFLICT' });
    await merge(deletedInTarget, { strategy: MergeStrategy.THEIRS });
    expect(await bodyOf(deletedInTarget)).toBe('theirs();');
    await edit(deletedInTarget, deletedInTarget.sandbox, { intake, report: { jobs: { only: 'again();' } } });
    await merge(deletedInTarget);
    expect(await bodyOf(deletedInTarget)).toBe('again();');
  });

  it('is none when a side only enabled a trigger, or changed the workflow back', async () => {
    const disabled = { ...intake, triggers: { webhook: false } };
    const workspace = await aWorkspace(service, { intake, report });
    const ours = { report, intake: { ...intake, jobs: { fetch: 'ours();', load: 'post("/b");' } } };
    await edit(workspace, workspace.sandbox, { report, intake: disabled });
    await edit(workspace, workspace.sandbox, { report, intake });
    await edit(workspace, workspace.parent, ours);
    await merge(workspace);
    expect((await exported(workspace, workspace.parent)).workflows.intake?.jobs?.fetch?.body).toBe('ours();');

    // And the other way round, once a merge has made them the same.
    await edit(workspace, workspace.sandbox, ours);
    await merge(workspace, { strategy: MergeStrategy.THEIRS });
    await edit(workspace, workspace.sandbox, {
      report: { jobs: { only: 'theirs();' } },
      intake: ours.intake,
    });
    await edit(workspace, workspace.parent, { report: { jobs: { only: 'ours();' } }, intake: ours.intake });
    await edit(workspace, workspace.parent, ours);
    await merge(workspace);
    expect(await bodyOf(workspace)).toBe('theirs();');
  });

  it.each(['concurrency = 7', 'enable_job_logs = false'])(
    'is one also where a side set %s, which no snapshot tells',
    async (setting) => {
      const workspace = await aWorkspace(service, { report });
      await rows(
        service,
        `update workflows set ${setting}, lock_version = lock_version + 1 where project_id = $1`,
        [workspace.sandbox],
      );
      await edit(workspace, workspace.parent, { report: { jobs: { only: 'ours();' } } });
      expect(await refusal(merge(workspace))).toMatchObject({ reason: 'MERGE_CONFLICT' });
    },
  );

  it('is one that both made under the same name, until a merge makes it one', async () => {
    const workspace = await aWorkspace(service, { intake });
    await edit(workspace, workspace.sandbox, { intake, report });
    await edit(workspace, workspace.parent, { intake, report: { jobs: { only: 'ours();' } } });
    expect(await refusal(merge(workspace))).toMatchObject({ reason: 'MERGE_CONFLICT' });
    await merge(workspace, { strategy: MergeStrategy.THEIRS });
    await edit(workspace, workspace.sandbox, { intake, report: { jobs: { only: 'later();' } } });
    await merge(workspace);
    expect(await bodyOf(workspace)).toBe('later();');
  });
});

describe('Credentials', () => {
  /** A job of the sandbox uses a credential and another one a keychain; the target has neither. */
  async function lacking(): Promise<Workspace> {
    const workspace = await aWorkspace(service, { intake });
    const { sandbox, owner } = workspace;
    await rows(
      service,
      `with made as (insert into credentials (user_id, name, schema) values ($2, 'dhis2', 'raw') returning id),
            attached as (insert into project_credentials (project_id, credential_id) select $1, id from made returning id),
            keychain as (insert into keychain_credentials (project_id, name, path, default_credential_id)
                         select $1, 'by site', '$.site', id from made returning id)
       update jobs set project_credential_id = case name when 'fetch' then (select id from attached) end,
                       keychain_credential_id = case name when 'load' then (select id from keychain) end
       where workflow_id in (select id from workflows where project_id = $1)`,
      [sandbox, owner.id],
    );
    await rows(service, 'update workflows set lock_version = lock_version + 1 where project_id = $1', [
      sandbox,
    ]);
    return workspace;
  }
  const used = (projectId: string) =>
    rows(
      service,
      `select j.name, c.name as credential, k.name as keychain
       from jobs j join workflows w on w.id = j.workflow_id
       left join project_credentials pc on pc.id = j.project_credential_id and pc.project_id = w.project_id
       left join credentials c on c.id = pc.credential_id
       left join keychain_credentials k on k.id = j.keychain_credential_id and k.project_id = w.project_id
       where w.project_id = $1 order by j.name`,
      [projectId],
    );

  it('that the target lacks are named, all of them, and nothing is merged', async () => {
    const workspace = await lacking();
    const refused = await refusal(merge(workspace));
    expect(refused).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'CREDENTIAL_MISSING' });
    expect(refused.subjects).toEqual([
      expect.stringMatching(/^credentials\//),
      'keychain_credentials/by site',
    ]);
    expect(await used(workspace.parent)).toMatchObject([{ credential: null }, { keychain: null }]);
  });

  it('are attached when that is asked for, once, and keychains copied', async () => {
    const workspace = await lacking();
    const { plan } = await merge(workspace, { attachCredentials: true });
    expect(plan).toMatchObject({ attachedCredentialIds: [expect.any(String)], copiedKeychains: ['by site'] });
    expect(await used(workspace.parent)).toEqual([
      { name: 'fetch', credential: 'dhis2', keychain: null },
      { name: 'load', credential: null, keychain: 'by site' },
    ]);
    const again = await merge(workspace);
    expect(again.plan).toMatchObject({ attachedCredentialIds: [], copiedKeychains: [] });
  });
});

describe('A merge', () => {
  it('is refused when the target’s head is not the one expected', async () => {
    const workspace = await aWorkspace(service, { report });
    const { targetHead } = await workspace.projects.compareProjects({
      sourceId: workspace.sandbox,
      targetId: workspace.parent,
    });
    await edit(workspace, workspace.sandbox, { report: { jobs: { only: 'fn(2);' } } });
    expect(await refusal(merge(workspace, { expectedTargetHead: '0123456789ab' }))).toMatchObject({
      code: 'ABORTED',
      reason: 'HEAD_MISMATCH',
      metadata: { current_head: targetHead },
    });
    await merge(workspace, { expectedTargetHead: targetHead });
  });

  it('into a project of another workspace, into itself and of a root is refused', async () => {
    const [one, other] = [await aWorkspace(service, {}), await aWorkspace(service, {})];
    const projects = service.client(ProjectsService, service.admin);
    for (const targetId of [other.parent, one.sandbox]) {
      expect(await refusal(projects.mergeSandbox({ sandboxId: one.sandbox, targetId }))).toMatchObject({
        reason: 'NOT_IN_WORKSPACE',
      });
    }
    expect(
      await refusal(projects.mergeSandbox({ sandboxId: one.parent, targetId: one.sandbox })),
    ).toMatchObject({
      fields: { sandbox_id: 'NOT_A_SANDBOX' },
    });
  });

  it('that gives two workflows one name is refused', async () => {
    const workspace = await aWorkspace(service, { report });
    await rows(service, `update workflows set name = 'taken', lock_version = 2 where project_id = $1`, [
      workspace.sandbox,
    ]);
    await edit(workspace, workspace.parent, { report, taken: report });
    expect(await refusal(merge(workspace))).toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'WORKFLOW_NAME_TAKEN',
    });
  });

  it('schedules the deletion of the sandbox in the same transaction, unless the target would go with it', async () => {
    const workspace = await aWorkspace(service, { report });
    const below = await aSandbox(workspace.projects, workspace.sandbox);
    const { sandboxId, targetId } = { sandboxId: workspace.sandbox, targetId: below };
    expect(
      await refusal(workspace.projects.mergeSandbox({ sandboxId, targetId, scheduleDeletion: true })),
    ).toMatchObject({
      fields: { schedule_deletion: 'TARGET_BELOW' },
    });
    const checked = await merge(workspace, { scheduleDeletion: true, validateOnly: true });
    expect(checked.sandboxScheduledDeletion).toBeDefined();
    expect(
      (await workspace.projects.getProject({ id: sandboxId })).project?.scheduledDeletion,
    ).toBeUndefined();
    const merged = await merge(workspace, { scheduleDeletion: true });
    const { project } = await workspace.projects.getProject({ id: sandboxId });
    expect(project?.scheduledDeletion).toEqual(merged.sandboxScheduledDeletion);
    expect(merged.project?.scheduledDeletion).toBeUndefined();
  });

  it('goes into a sibling, and names it the same from then on', async () => {
    const workspace = await aWorkspace(service, { intake, report });
    const sibling = await aSandbox(workspace.projects, workspace.parent);
    await rows(
      service,
      `update workflows set name = 'summary', lock_version = 2 where project_id = $1 and name = 'report'`,
      [workspace.sandbox],
    );
    const merged = () => workspace.projects.mergeSandbox({ sandboxId: workspace.sandbox, targetId: sibling });
    await merged();
    expect(Object.keys((await exported(workspace, sibling)).workflows)).toEqual(['intake', 'summary']);
    const { plan } = await merged();
    expect(plan?.steps.map(({ action }) => action)).toEqual([MergeAction.KEEP, MergeAction.KEEP]);
  });
});

describe('Who merges', () => {
  it('needs to be an editor of the target and to read the sandbox; a superuser need not read it', async () => {
    const workspace = await aWorkspace(service, { report });
    const { sandbox: sandboxId, parent: targetId } = workspace;
    const [editor, stranger, superuser] = [
      await aUser(service),
      await aUser(service),
      await aUser(service, { superuser: true }),
    ];
    await rows(service, `insert into project_users (project_id, user_id, role) values ($1, $2, 'editor')`, [
      targetId,
      editor.id,
    ]);
    const as = (user: TestUser, more = {}) =>
      service.client(ProjectsService, user.token).mergeSandbox({ sandboxId, targetId, ...more });
    expect(await ending(as(editor))).toBe('done');
    expect(await ending(as(superuser))).toBe('done');
    expect(await ending(as(stranger))).toBe('PROJECT_NOT_FOUND');
    // An editor of the root can only read what is below it.
    expect(await ending(as(editor, { attachCredentials: true }))).toBe('ROLE_REQUIRED');
    expect(await ending(as(editor, { scheduleDeletion: true }))).toBe('ROLE_REQUIRED');
    expect(await ending(as(workspace.owner, { attachCredentials: true }))).toBe('done');
  });

  it('at the same time as somebody else finds nothing left to do', async () => {
    const workspace = await aWorkspace(service, { report });
    await edit(workspace, workspace.sandbox, { report: { jobs: { only: 'fn(2);' } } });
    const answers = await Promise.all([merge(workspace), merge(workspace), merge(workspace)]);
    const updates = answers.filter(({ plan }) => plan?.steps[0]?.action === MergeAction.UPDATE);
    expect(updates).toHaveLength(1);
    const events = await rows(
      service,
      `select data from events where project_id = $1 and kind = 'sandbox_merged'`,
      [workspace.parent],
    );
    expect(events).toMatchObject([
      { data: { sandbox_id: { after: workspace.sandbox }, updated: { workflows: 1, jobs: 1 } } },
    ]);
  });
});
