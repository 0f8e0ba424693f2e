import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DifferenceKind, NodeType } from '../../src/gen/lightning/projects/v1/comparison_pb.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { statementsOf } from '../support/statements.ts';
import { aSandbox, aWorkspace, edit, type Sketch, type Workspace } from './support/workspace.ts';

const { CREATED, UPDATED, DELETED } = DifferenceKind;
const { JOB, EDGE } = NodeType;

let service: TestService;

beforeAll(async () => {
  service = await startTestService({ ROLES: 'rpc' });
});

afterAll(() => service.close());

const flow = (body: string) => ({ jobs: { only: body } });
const many = (names: readonly string[], body = 'fn();'): Sketch =>
  Object.fromEntries(names.map((name) => [name, flow(body)]));

const compare = ({ projects, sandbox: sourceId, parent: targetId }: Workspace, more = {}) =>
  projects.compareProjects({ sourceId, targetId, ...more });

describe('CompareProjects', () => {
  it('finds nothing between a project and its new sandbox, in either direction, and reads no graph', async () => {
    const workspace = await aWorkspace(service, many(['a', 'b']));
    const statements = await statementsOf(async () => {
      expect((await compare(workspace)).workflows).toEqual([]);
    });
    expect(statements.filter((text) => /prepared stored/.test(text))).toEqual([]);
    expect(statements.length).toBeGreaterThan(0);
    const { sandbox: targetId, parent: sourceId, projects } = workspace;
    expect((await projects.compareProjects({ sourceId, targetId })).workflows).toEqual([]);
    const { workflows } = await compare(workspace, { includeSame: true });
    expect(workflows.map(({ sourceName, kind }) => [sourceName, kind])).toEqual([
      ['a', DifferenceKind.SAME],
      ['b', DifferenceKind.SAME],
    ]);
  });

  it('tells what each side did since, over either listener', async () => {
    const workspace = await aWorkspace(service, many(['both', 'kept', 'ours', 'theirs', 'went']));
    await edit(workspace, workspace.sandbox, {
      ...many(['kept', 'ours']),
      ...many(['both', 'theirs'], 'sandbox();'),
      ...many(['fresh']),
    });
    await edit(workspace, workspace.parent, {
      ...many(['kept', 'theirs', 'went']),
      ...many(['both', 'ours'], 'parent();'),
    });
    const { sandbox: sourceId, parent: targetId, owner } = workspace;
    for (const client of [service.client, service.httpClient]) {
      const answer = await client(ProjectsService, owner.token).compareProjects({ sourceId, targetId });
      const told = answer.workflows.map((workflow) => [
        workflow.sourceName || workflow.targetName,
        workflow.kind,
        workflow.changedInSource,
        workflow.changedInTarget,
        workflow.conflict,
      ]);
      expect(told).toEqual([
        ['both', UPDATED, true, true, true],
        ['fresh', CREATED, true, false, false],
        ['ours', UPDATED, false, true, false],
        ['theirs', UPDATED, true, false, false],
        ['went', DELETED, true, false, false],
      ]);
      const heads = await Promise.all(
        [sourceId, targetId].map(
          async (projectId) => (await workspace.projects.getProjectHead({ projectId })).headHash,
        ),
      );
      expect([answer.sourceHead, answer.targetHead]).toEqual(heads);
    }
  });

  it('shows part by part what differs, and the lines of bodies', async () => {
    const lines = Array.from({ length: 9 }, (_, index) => `line(${index});`);
    const body = (changed: readonly string[]) => `${changed.join('\n')}\n`;
    const workspace = await aWorkspace(service, {
      flow: {
        jobs: { read: body(lines), gone: 'fn();' },
        triggers: { webhook: true },
        edges: ['webhook->read', 'read->gone'],
      },
    });
    await edit(workspace, workspace.sandbox, {
      flow: {
        jobs: {
          read: {
            body: body(lines.toSpliced(1, 1, 'new();', 'newer();')),
            adaptor: '@openfn/language-http@7.0.0',
          },
          made: 'fn(1);',
          madeToo: 'fn(2);',
        },
        triggers: { webhook: false },
        edges: ['webhook->read', 'read->made', 'made->madeToo'],
      },
    });
    const { workflows } = await compare(workspace);
    const [{ nodes = [] } = {}] = workflows;
    expect(
      nodes.map(({ type, kind, sourceName, targetName }) => [type, kind, sourceName || targetName]),
    ).toEqual([
      [JOB, CREATED, 'made'],
      [JOB, CREATED, 'madeToo'],
      [JOB, UPDATED, 'read'],
      [JOB, DELETED, 'gone'],
      [EDGE, CREATED, 'read->made'],
      [EDGE, CREATED, 'made->madeToo'],
      [EDGE, DELETED, 'read->gone'],
    ]);
    expect(nodes[2]).toMatchObject({
      fields: ['adaptor', 'body'],
      bodyChanges: [
        { sourceLine: 2, sourceLines: ['new();', 'newer();'], targetLine: 2, targetLines: ['line(1);'] },
      ],
      bodyChangesOmitted: false,
    });
  });

  it('leaves the lines of a body above 1 MiB out, and ends a page early when its lines are many', async () => {
    const large = (line: string, times: number) => `${line}\n`.repeat(times);
    const names = ['a', 'b', 'c'];
    const sketch = (line: string): Sketch => ({
      ...many(names, large(line, 4000)),
      z: flow(large(line, 11_000)),
    });
    const workspace = await aWorkspace(service, sketch('0123456789'.repeat(10)));
    await edit(workspace, workspace.sandbox, sketch('9876543210'.repeat(10)));
    const first = await compare(workspace);
    expect(first.workflows.map(({ sourceName }) => sourceName)).toEqual(['a', 'b']);
    const second = await compare(workspace, { pageToken: first.nextPageToken });
    expect(second.workflows.map(({ sourceName }) => sourceName)).toEqual(['c', 'z']);
    expect(second.workflows[1]?.nodes).toMatchObject([
      { fields: ['body'], bodyChanges: [], bodyChangesOmitted: true },
    ]);
    expect(second.nextPageToken).toBe('');
  });

  it('ends a page early when lines that differ are hard to find', async () => {
    const jobs = ['one', 'two', 'three', 'four'];
    const names = Array.from({ length: 14 }, (_, index) => `flow ${index + 10}`);
    const body = (text: string) => Array.from({ length: 490 }, (_, index) => `${text} ${index}`).join('\n');
    const sketch = (text: string): Sketch =>
      Object.fromEntries(
        names.map((name) => [name, { jobs: Object.fromEntries(jobs.map((job) => [job, body(text)])) }]),
      );
    const workspace = await aWorkspace(service, sketch('old'));
    await edit(workspace, workspace.sandbox, sketch('new'));
    const first = await compare(workspace);
    expect(first.workflows.length).toBeLessThan(names.length);
    const second = await compare(workspace, { pageToken: first.nextPageToken });
    const all = [...first.workflows, ...second.workflows];
    expect(all.map(({ sourceName }) => sourceName)).toEqual(names);
    // Whatever it takes, all of it is told.
    const told = all.flatMap(({ nodes }) =>
      nodes.map(({ bodyChanges }) => bodyChanges.flatMap((one) => one.sourceLines)),
    );
    expect(told).toHaveLength(names.length * jobs.length);
    expect(told.every((lines) => lines.join('\n') === body('new'))).toBe(true);
  });

  it('tells what is left of bodies of very many lines as one change, and gives up the others', async () => {
    const lines = '\n'.repeat(400_000);
    const sketch = (text: string): Sketch => ({
      flow: {
        jobs: {
          a: `${text}${lines}`,
          ...Object.fromEntries(['b', 'c', 'd'].map((name) => [name, `${text}${lines}${text}`])),
        },
      },
    });
    const workspace = await aWorkspace(service, sketch('old'));
    await edit(workspace, workspace.sandbox, sketch('new'));
    const { workflows } = await compare(workspace);
    const told = workflows[0]?.nodes.map(({ bodyChanges, bodyChangesOmitted }) => [
      bodyChanges.map(({ sourceLine, sourceLines }) => [sourceLine, sourceLines.length]),
      bodyChangesOmitted,
    ]);
    expect(told).toEqual([
      [[[1, 1]], false],
      [[[1, 400_001]], false],
      [[[1, 400_001]], false],
      [[], true],
    ]);
  });

  it('counts bytes and not characters, so that clients can take what it answers', async () => {
    const sketch = (line: string): Sketch => many(['a', 'b'], `${line.repeat(100)}\n`.repeat(3600));
    const workspace = await aWorkspace(service, sketch('\u6f22'));
    await edit(workspace, workspace.sandbox, sketch('\u5b57'));
    const { workflows } = await compare(workspace);
    expect(workflows.flatMap(({ nodes }) => nodes)).toMatchObject(
      ['a', 'b'].map(() => ({ fields: ['body'], bodyChanges: [], bodyChangesOmitted: true })),
    );
  });

  it('goes through all workflows page by page, each once, by name', async () => {
    const names = Array.from({ length: 7 }, (_, index) => `flow ${index}`);
    const workspace = await aWorkspace(service, many(names));
    await edit(
      workspace,
      workspace.sandbox,
      many(
        names.filter((_, index) => index !== 3),
        'fn(2);',
      ),
      ['new one'],
    );
    const seen: string[] = [];
    const collections: string[][] = [];
    let pageToken = '';
    do {
      const page = await compare(workspace, { pageSize: 2, pageToken });
      seen.push(...page.workflows.map(({ sourceName, targetName }) => sourceName || targetName));
      collections.push(page.createdCollections);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(seen).toEqual(names);
    expect(collections).toEqual([['new one'], [], [], []]);
    const { nextPageToken } = await compare(workspace, { pageSize: 2 });
    expect(await refusal(compare(workspace, { pageToken: nextPageToken, includeSame: true }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { page_token: expect.any(String) },
    });
  });

  it('sees what no hash covers: the settings of a Kafka trigger', async () => {
    const workspace = await aWorkspace(service, {
      flow: { jobs: { only: 'fn();' }, triggers: { kafka: true } },
    });
    await rows(
      service,
      `with changed as (
         update triggers t set kafka_configuration = '{"topics": ["new"]}' from workflows w
         where w.id = t.workflow_id and w.project_id = $1 returning w.id
       ) update workflows set lock_version = lock_version + 1 where id in (select id from changed)`,
      [workspace.sandbox],
    );
    const { workflows } = await compare(workspace);
    expect(workflows).toMatchObject([
      { nodes: [{ type: NodeType.TRIGGER, fields: ['kafka_configuration'] }] },
    ]);
  });

  it('takes for the same what was changed and changed back', async () => {
    const workspace = await aWorkspace(service, many(['flow']));
    await edit(workspace, workspace.sandbox, many(['flow'], 'fn(2);'));
    await edit(workspace, workspace.sandbox, many(['flow']));
    expect((await compare(workspace)).workflows).toEqual([]);
  });

  it('matches through copies of copies, and says which side has changed', async () => {
    const workspace = await aWorkspace(service, many(['flow']));
    const deeper = await aSandbox(workspace.projects, workspace.sandbox);
    await rows(service, `update workflows set name = 'renamed', lock_version = 2 where project_id = $1`, [
      deeper,
    ]);
    const { workflows } = await compare({ ...workspace, sandbox: deeper });
    expect(workflows).toMatchObject([
      {
        sourceName: 'renamed',
        targetName: 'flow',
        baseHash: workflows[0]?.targetHash,
        changedInSource: true,
        changedInTarget: false,
        conflict: false,
      },
    ]);
  });

  it('refuses projects of two workspaces', async () => {
    const [one, other] = [await aWorkspace(service, {}), await aWorkspace(service, {})];
    const projects = service.client(ProjectsService, service.reader);
    const refused = await refusal(
      projects.compareProjects({ sourceId: one.sandbox, targetId: other.parent }),
    );
    expect(refused).toMatchObject({
      reason: 'NOT_IN_WORKSPACE',
      subjects: [`projects/${one.sandbox}`, `projects/${other.parent}`],
    });
  });

  it('refuses a project and itself, and names it once', async () => {
    const { sandbox } = await aWorkspace(service, {});
    const projects = service.client(ProjectsService, service.reader);
    expect(await refusal(projects.compareProjects({ sourceId: sandbox, targetId: sandbox }))).toMatchObject({
      reason: 'NOT_IN_WORKSPACE',
      subjects: [`projects/${sandbox}`],
    });
  });

  it('sends the same statements whether the projects are small or large', async () => {
    const workspaceOf = async (count: number) => {
      const names = Array.from({ length: count }, (_, index) => `flow ${index}`);
      const workspace = await aWorkspace(service, many(names));
      await edit(workspace, workspace.sandbox, many(names, 'fn(2);'));
      return workspace;
    };
    const [small, large] = [await workspaceOf(1), await workspaceOf(40)];
    await compare(small);
    const few = await statementsOf(() => compare(small));
    expect(await statementsOf(() => compare(large))).toEqual(few);
  });
});
