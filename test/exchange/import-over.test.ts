import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, startTestService, type TestService } from '../support/service.ts';
import { chain, exportDocument, importDocument, newProject, projectDocument } from './support/documents.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

/** Ids of a project's workflows by name, the deleted ones left out. */
async function workflowIds(projectId: string): Promise<Map<string, string>> {
  const found = await rows<{ id: string; name: string }>(
    service,
    'select id, name from workflows where project_id = $1 and deleted_at is null',
    [projectId],
  );
  return new Map(found.map(({ id, name }) => [name, id]));
}

const flows = (...names: readonly string[]) =>
  projectDocument(...names.map((name) => chain(name, ['a', 'b'])));

/** A workflow by its key, with another name. */
const renamed = (key: string, name: string) => chain(key, ['a']).replace(`name: ${key}`, `name: ${name}`);

describe('an import over a project', () => {
  it('creates, updates in place and keeps what the document does not name, and counts each', async () => {
    const projectId = await newProject(service, flows('one', 'two', 'three'));
    const before = await workflowIds(projectId);

    const yaml = projectDocument(chain('one', ['a', 'b']), chain('two', ['a', 'c']), chain('four', ['a']));
    const answer = await importDocument(service, yaml, { projectId });

    expect(answer.created).toMatchObject({ workflows: 1, jobs: 2, triggers: 1, edges: 2 });
    expect(answer.updated).toMatchObject({ workflows: 1, jobs: 0, triggers: 0, edges: 0 });
    expect(answer.deleted).toMatchObject({ workflows: 0, jobs: 0, triggers: 0, edges: 0 });
    expect(answer.unchanged).toMatchObject({ workflows: 1, jobs: 3, triggers: 2, edges: 3 });
    expect(answer.projectCreated).toBe(false);
    const after = await workflowIds(projectId);
    expect([...after.keys()].toSorted()).toEqual(['four', 'one', 'three', 'two']);
    for (const [name, id] of before) expect(after.get(name)).toBe(id);
  });

  it('switches an edge off and on in place', async () => {
    const edge = 'edges: {e: {source_trigger: webhook, target_job: a, enabled: true}}';
    const on = projectDocument(
      `  w: {name: w, jobs: {a: {name: a, adaptor: x, body: ""}}, triggers: {webhook: {type: webhook}}, ${edge}}\n`,
    );
    const projectId = await newProject(service, on);
    const edges = () =>
      rows<{ id: string; enabled: boolean }>(
        service,
        `select e.id, e.enabled from workflow_edges e join workflows w on w.id = e.workflow_id where w.project_id = $1`,
        [projectId],
      );
    const [before] = await edges();
    for (const enabled of [false, true]) {
      const { updated } = await importDocument(service, on.replace('enabled: true', `enabled: ${enabled}`), {
        projectId,
      });
      expect(updated).toMatchObject({ edges: 1 });
      expect(await edges()).toEqual([{ id: before?.id, enabled }]);
    }
  });

  it('with prune deletes what the document does not have, workflows softly and silently', async () => {
    const projectId = await newProject(
      service,
      `${flows('one', 'two')}collections:\n  x: {name: x}\n  y: {name: y}\n`,
    );
    const two = (await workflowIds(projectId)).get('two');

    const yaml = `${projectDocument(chain('one', ['a']))}collections:\n  y: {name: y}\n`;
    const answer = await importDocument(service, yaml, { projectId, prune: true });

    expect(answer.deleted).toMatchObject({ workflows: 1, jobs: 1, triggers: 0, edges: 1, collections: 1 });
    expect(answer.unchanged).toMatchObject({ jobs: 1, collections: 1 });
    expect([...(await workflowIds(projectId)).keys()]).toEqual(['one']);
    const kept = await rows(
      service,
      `select w.name, w.deleted_at is not null as deleted, t.enabled, (select count(*)::int from jobs where workflow_id = w.id)
       from workflows w join triggers t on t.workflow_id = w.id where w.id = $1`,
      [two],
    );
    expect(kept).toEqual([{ name: 'two', deleted: true, enabled: false, count: 2 }]);
    expect(await rows(service, 'select name from collections where project_id = $1', [projectId])).toEqual([
      { name: 'y' },
    ]);
  });

  it('of one workflow with prune leaves the others alone', async () => {
    const projectId = await newProject(service, flows('one', 'two'));
    const yaml = 'name: one\njobs: {a: {name: a, adaptor: x, body: ""}}\n';
    const answer = await importDocument(service, yaml, { projectId, prune: true });
    expect(answer.deleted).toMatchObject({ workflows: 0, jobs: 1, triggers: 1, edges: 2 });
    expect([...(await workflowIds(projectId)).keys()].toSorted()).toEqual(['one', 'two']);
  });

  it('applies a description, and forgets one only with prune', async () => {
    const projectId = await newProject(service, 'name: p\ndescription: first\nworkflows: null\n');
    const describe = async (description: string, prune = false) => {
      const yaml = `name: p\n${description}workflows: null\n`;
      return (await importDocument(service, yaml, { projectId, prune })).project?.description;
    };
    expect(await describe('description: second\n')).toBe('second');
    expect(await describe('')).toBe('second');
    expect(await describe('description: null\n')).toBe('second');
    expect(await describe('description: null\n', true)).toBeUndefined();
  });

  it('says in the audit trail what it changed of the project itself', async () => {
    const projectId = await newProject(service, 'name: p\nworkflows: null\n');
    await importDocument(service, 'name: p\ndescription: new\nworkflows: null\n', { projectId, name: 'q' });
    const events = await rows(
      service,
      `select kind, changes from audit_events where project_id = $1 and kind <> 'project_created' order by id`,
      [projectId],
    );
    expect(events).toMatchObject([
      { kind: 'project_imported' },
      {
        kind: 'project_updated',
        changes: { name: { before: 'p', after: 'q' }, description: { before: null, after: 'new' } },
      },
      { kind: 'project_imported' },
    ]);
  });
});

describe('a trigger of another type than before', () => {
  it('is another trigger, to which nothing passes of the one that prune deletes', async () => {
    const flow = (trigger: string) =>
      `name: p\nworkflows: {w: {name: w, jobs: {a: {name: a, adaptor: x, body: ""}}, triggers: {t: {${trigger}}}}}\n`;
    const kafka = 'type: kafka, kafka_configuration: {hosts: ["h:1"], topics: [t]}';
    const projectId = await newProject(service, flow(kafka));
    const ofProject = 'workflow_id in (select id from workflows where project_id = $1)';
    await rows(
      service,
      `update triggers set kafka_configuration = kafka_configuration || '{"password": "secret"}' where ${ofProject}`,
      [projectId],
    );
    const imported = async (trigger: string) => {
      const answer = await importDocument(service, flow(trigger), { projectId, prune: true });
      expect(answer).toMatchObject({ created: { triggers: 1 }, deleted: { triggers: 1 } });
      return await rows(
        service,
        `select type, cron_expression, cron_cursor_job_id, kafka_configuration from triggers where ${ofProject}`,
        [projectId],
      );
    };
    const none = { cron_expression: null, cron_cursor_job_id: null, kafka_configuration: null };
    const cron = 'cron_expression: 0 6 * * *, cron_cursor_job: a';
    expect(await imported(`type: cron, ${cron}`)).toMatchObject([
      { type: 'cron', cron_expression: '0 6 * * *', kafka_configuration: null },
    ]);
    expect(await imported(`type: webhook, ${cron}`)).toEqual([{ ...none, type: 'webhook' }]);
    expect(await imported(kafka)).toEqual([
      { ...none, type: 'kafka', kafka_configuration: { hosts: [['h', '1']], topics: ['t'] } },
    ]);
  });
});

describe('workflows whose names change', () => {
  it('keep their ids, also when two swap their names', async () => {
    const projectId = await newProject(service, flows('one', 'two'));
    const before = await workflowIds(projectId);
    const yaml = projectDocument(renamed('one', 'two'), renamed('two', 'one'));
    const answer = await importDocument(service, yaml, { projectId });
    expect(answer).toMatchObject({ created: { workflows: 0 }, updated: { workflows: 2 } });
    const after = await workflowIds(projectId);
    expect(after.get('two')).toBe(before.get('one'));
    expect(after.get('one')).toBe(before.get('two'));
  });

  it('may swap them across hundreds of others', async () => {
    const others = Array.from({ length: 150 }, (_, index) => `other-${index}`);
    const small = (key: string, name = key) => `  ${key}: {name: ${name}}\n`;
    const all = (first: string, last: string) =>
      projectDocument(small('aa', first), ...others.map((name) => small(name)), small('zz', last));
    const projectId = await newProject(service, all('aa', 'zz'));
    const before = await workflowIds(projectId);
    const answer = await importDocument(service, all('zz', 'aa'), { projectId });
    expect(answer).toMatchObject({ updated: { workflows: 2 }, unchanged: { workflows: 150 } });
    expect((await workflowIds(projectId)).get('zz')).toBe(before.get('aa'));
  });

  it('may take the name of one that the same import deletes', async () => {
    const projectId = await newProject(service, flows('one', 'two'));
    const before = await workflowIds(projectId);
    await importDocument(service, projectDocument(renamed('one', 'two')), { projectId, prune: true });
    // The name decides where nothing else does.
    expect(await workflowIds(projectId)).toEqual(new Map([['two', before.get('two')]]));
    await importDocument(service, projectDocument(renamed('two', 'three')), { projectId, prune: true });
    expect(await workflowIds(projectId)).toEqual(new Map([['three', before.get('two')]]));
  });

  it('may take the name of one that was deleted before', async () => {
    const projectId = await newProject(service, flows('one', 'two'));
    await importDocument(service, flows('one'), { projectId, prune: true });
    const answer = await importDocument(service, flows('one', 'two'), { projectId });
    expect(answer.created).toMatchObject({ workflows: 1 });
    expect(await exportDocument(service, projectId)).toContain('\n  two:\n');
  });
});

describe('what an import does not speak of', () => {
  it('stays as it is: concurrency, logs, paths, comments, where nodes stand, passwords', async () => {
    const kafka = `
      kafka:
        type: kafka
        kafka_configuration: {hosts: ['h:1'], topics: [t]}
`;
    const yaml = projectDocument(chain('w', ['a']).replace('    edges:\n', `${kafka.slice(1)}    edges:\n`));
    const projectId = await newProject(service, yaml);
    await rows(
      service,
      `update workflows set concurrency = 3, enable_job_logs = false, positions = '{"x": 1}' where project_id = $1`,
      [projectId],
    );
    await rows(
      service,
      `update triggers set comment = 'c', custom_path = id::text,
         kafka_configuration = kafka_configuration || '{"username": "u", "password": "p"}'
       where workflow_id = (select id from workflows where project_id = $1) and type = 'kafka'`,
      [projectId],
    );

    await importDocument(service, yaml.replace('topics: [t]', 'topics: [u]').replace('fn(', 'changed('), {
      projectId,
      prune: true,
    });

    const kept = await rows(
      service,
      `select concurrency, enable_job_logs, positions, comment, custom_path is not null as path, kafka_configuration
       from workflows w join triggers t on t.workflow_id = w.id where project_id = $1 and type = 'kafka'`,
      [projectId],
    );
    expect(kept).toEqual([
      {
        concurrency: 3,
        enable_job_logs: false,
        positions: { x: 1 },
        comment: 'c',
        path: true,
        kafka_configuration: { hosts: [['h', '1']], topics: ['u'], username: 'u', password: 'p' },
      },
    ]);
    expect(await exportDocument(service, projectId)).not.toContain('password');
  });
});

describe('who may import', () => {
  it('over a project: editors, but only owners and admins may rename it', async () => {
    const [owner, editor, viewer, stranger] = await Promise.all([1, 2, 3, 4].map(() => aUser(service)));
    if (!owner || !editor || !viewer || !stranger) throw new Error('nobody');
    const { id: projectId } = await aProject(service, { owner, editor, viewer });
    const yaml = flows('one');
    const code = async (token: string, options = {}) =>
      (await refusal(importDocument(service, yaml, { projectId, ...options }, token))).code;
    expect(await code(viewer.token)).toBe('PERMISSION_DENIED');
    expect(await code(stranger.token)).toBe('NOT_FOUND');
    expect(await code(service.reader)).toBe('PERMISSION_DENIED');
    expect(await code(editor.token, { name: 'other' })).toBe('PERMISSION_DENIED');
    await importDocument(service, yaml, { projectId }, editor.token);
    await importDocument(service, yaml, { projectId, name: 'other' }, owner.token);
  });

  it('as a new project: superusers, who own it, and services, for whom they name', async () => {
    const [user, superuser] = [await aUser(service), await aUser(service, { superuser: true })];
    expect((await refusal(importDocument(service, flows('one'), {}, user.token))).code).toBe(
      'PERMISSION_DENIED',
    );
    const ownersOf = async (options: { actorUserId?: string }, token?: string) => {
      const { project } = await importDocument(service, flows('one'), options, token);
      return await rows(service, 'select user_id, role from project_users where project_id = $1', [
        project?.id,
      ]);
    };
    expect(await ownersOf({}, superuser.token)).toEqual([{ user_id: superuser.id, role: 'owner' }]);
    expect(await ownersOf({ actorUserId: user.id })).toEqual([{ user_id: user.id, role: 'owner' }]);
    expect(await ownersOf({})).toEqual([]);
  });
});
