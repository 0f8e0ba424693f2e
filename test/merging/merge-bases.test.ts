import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MergeAction, MergeStrategy } from '../../src/gen/lightning/projects/v1/comparison_pb.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { aSandbox, aWorkspace, edit, exported, type Sketch, type Workspace } from './support/workspace.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService({ ROLES: 'rpc' });
});

afterAll(() => service.close());

const flow = (body: string): Sketch => ({ flow: { jobs: { only: body } } });
const { KEEP, UPDATE, DELETE } = MergeAction;

type Way = readonly [source: string, target: string];

/** What a merge does with each workflow, by its action; with a strategy what it did. */
async function merge(
  { projects }: Workspace,
  [sandboxId, targetId]: Way,
  strategy: MergeStrategy = MergeStrategy.FAIL,
  validateOnly = false,
): Promise<MergeAction[]> {
  const { plan } = await projects.mergeSandbox({ sandboxId, targetId, strategy, validateOnly });
  return (plan?.steps ?? []).map(({ action }) => action);
}

async function bodyIn(workspace: Workspace, projectId: string): Promise<string | undefined> {
  return (await exported(workspace, projectId)).workflows.flow?.jobs?.only?.body;
}

/** A project with a sandbox, and a sandbox of that one. */
async function threeLevels() {
  const workspace = await aWorkspace(service, flow('base();'));
  return { workspace, below: await aSandbox(workspace.projects, workspace.sandbox) };
}

describe('Later changes are told from where both were the same', () => {
  it('when both sides had made the same edit', async () => {
    const workspace = await aWorkspace(service, flow('base();'));
    const way = [workspace.sandbox, workspace.parent] as const;
    for (const side of way) await edit(workspace, side, flow('alike();'));
    expect(await merge(workspace, way)).toEqual([KEEP]);

    await edit(workspace, workspace.sandbox, flow('more();'));

    expect(await merge(workspace, way)).toEqual([UPDATE]);
    expect(await bodyIn(workspace, workspace.parent)).toBe('more();');
  });

  it('when both sides had made a workflow of the same name and content', async () => {
    const workspace = await aWorkspace(service, {});
    const way = [workspace.sandbox, workspace.parent] as const;
    for (const side of way) await edit(workspace, side, flow('alike();'));
    await merge(workspace, way);

    await edit(workspace, workspace.parent, flow('more();'));

    expect(await merge(workspace, way)).toEqual([KEEP]);
    expect(await bodyIn(workspace, workspace.parent)).toBe('more();');
  });

  it('when a sandbox of a sandbox is merged into the root', async () => {
    const { workspace, below } = await threeLevels();
    const way = [below, workspace.parent] as const;
    for (const body of ['first();', 'second();']) {
      await edit(workspace, below, flow(body));
      expect(await merge(workspace, way)).toEqual([UPDATE]);
      expect(await merge(workspace, way)).toEqual([KEEP]);
    }
    await edit(workspace, workspace.parent, flow('ours();'));
    expect(await merge(workspace, way)).toEqual([KEEP]);
    await edit(workspace, below, flow('third();'));
    expect(await refusal(merge(workspace, way))).toMatchObject({ reason: 'MERGE_CONFLICT' });
    await merge(workspace, way, MergeStrategy.THEIRS);
    await edit(workspace, below, {});
    expect(await merge(workspace, way)).toEqual([DELETE]);
  });

  it('when a sandbox is merged into another one', async () => {
    const workspace = await aWorkspace(service, flow('base();'));
    const sibling = await aSandbox(workspace.projects, workspace.parent);
    const way = [workspace.sandbox, sibling] as const;
    for (const body of ['first();', 'second();']) {
      await edit(workspace, workspace.sandbox, flow(body));
      expect(await merge(workspace, way)).toEqual([UPDATE]);
    }
    // Back again, with what the other one has made of it.
    await edit(workspace, sibling, flow('third();'));
    expect(await merge(workspace, [sibling, workspace.sandbox])).toEqual([UPDATE]);
  });

  it('when what a copy was made of has been merged above meanwhile', async () => {
    const workspace = await aWorkspace(service, flow('base();'));
    await edit(workspace, workspace.sandbox, flow('first();'));
    const below = await aSandbox(workspace.projects, workspace.sandbox);
    await merge(workspace, [workspace.sandbox, workspace.parent]);

    await edit(workspace, below, flow('second();'));

    expect(await merge(workspace, [below, workspace.parent])).toEqual([UPDATE]);
  });
});

describe('A conflict that the target won', () => {
  const conflicting = async () => {
    const workspace = await aWorkspace(service, flow('base();'));
    await edit(workspace, workspace.sandbox, flow('theirs();'));
    await edit(workspace, workspace.parent, flow('ours();'));
    return { workspace, way: [workspace.sandbox, workspace.parent] as const };
  };

  it('is settled until the sandbox changes the workflow again', async () => {
    const { workspace, way } = await conflicting();
    await merge(workspace, way, MergeStrategy.OURS);
    expect(await merge(workspace, way)).toEqual([KEEP]);
    await edit(workspace, workspace.parent, flow('ours too();'));
    expect(await merge(workspace, way)).toEqual([KEEP]);
    await edit(workspace, workspace.sandbox, flow('theirs too();'));
    expect(await refusal(merge(workspace, way))).toMatchObject({ reason: 'MERGE_CONFLICT' });
  });

  it('is a difference still, and no conflict', async () => {
    const { workspace, way } = await conflicting();
    await merge(workspace, way, MergeStrategy.OURS);
    const [sourceId, targetId] = way;
    const { workflows } = await workspace.projects.compareProjects({ sourceId, targetId });
    expect(workflows).toMatchObject([{ changedInSource: false, changedInTarget: true, conflict: false }]);
  });

  it('is one again where the sandbox is to win', async () => {
    const { workspace, way } = await conflicting();
    await merge(workspace, way, MergeStrategy.OURS);
    expect(await merge(workspace, way, MergeStrategy.THEIRS)).toEqual([UPDATE]);
    expect(await bodyIn(workspace, workspace.parent)).toBe('theirs();');
  });

  it.each(['sandbox', 'parent'] as const)(
    'is settled, too, when the %s had deleted the workflow',
    async (side) => {
      const { workspace, way } = await conflicting();
      await edit(workspace, workspace[side], {});
      expect(await refusal(merge(workspace, way))).toMatchObject({ reason: 'MERGE_CONFLICT' });
      await merge(workspace, way, MergeStrategy.OURS);
      expect(await merge(workspace, way)).toEqual([KEEP]);
      expect(await bodyIn(workspace, workspace.parent)).toBe(side === 'sandbox' ? 'ours();' : undefined);
    },
  );
});

describe('Of several states in which both were the same the last one counts', () => {
  /** Two sandboxes of one project: both were A by a merge of theirs, then all three B by the project. */
  const siblings = async () => {
    const workspace = await aWorkspace(service, flow('base();'));
    const { parent, sandbox } = workspace;
    const sibling = await aSandbox(workspace.projects, parent);
    await edit(workspace, sandbox, flow('a();'));
    await merge(workspace, [sandbox, sibling]);
    for (const one of [sandbox, sibling]) {
      await edit(workspace, one, flow('b();'));
      await merge(workspace, [one, parent]);
    }
    return { workspace, way: [sandbox, sibling] as const };
  };

  it.each([0, 1])('so that going back to an earlier one is a change: side %i', async (side) => {
    const { workspace, way } = await siblings();
    await edit(workspace, way[side] ?? '', flow('a();'));
    await edit(workspace, way[1 - side] ?? '', flow('c();'));
    expect(await refusal(merge(workspace, way))).toMatchObject({ reason: 'MERGE_CONFLICT' });
  });

  it('also after a conflict that the target won', async () => {
    const workspace = await aWorkspace(service, flow('base();'));
    const way = [workspace.sandbox, workspace.parent] as const;
    await edit(workspace, way[0], flow('a();'));
    await edit(workspace, way[1], flow('x();'));
    await merge(workspace, way, MergeStrategy.OURS);
    await edit(workspace, way[0], flow('b();'));
    await merge(workspace, way, MergeStrategy.THEIRS);
    await edit(workspace, way[0], flow('a();'));
    await edit(workspace, way[1], flow('c();'));
    expect(await refusal(merge(workspace, way))).toMatchObject({ reason: 'MERGE_CONFLICT' });
  });
});

describe('A deletion', () => {
  it.each(['target', 'source'])('is no less one for the %s’s being a copy of a copy', async (side) => {
    const workspace = await aWorkspace(service, flow('base();'));
    await edit(workspace, workspace.parent, flow('later();'));
    const between = await aSandbox(workspace.projects, workspace.parent);
    const below = await aSandbox(workspace.projects, between);
    const way =
      side === 'target' ? ([workspace.sandbox, below] as const) : ([below, workspace.sandbox] as const);
    await edit(workspace, below, {});
    await edit(workspace, workspace.sandbox, flow('mine();'));
    expect(await refusal(merge(workspace, way))).toMatchObject({ reason: 'MERGE_CONFLICT' });
  });

  it('of what came again is one that the sandbox has not answered', async () => {
    const workspace = await aWorkspace(service, flow('base();'));
    const way = [workspace.sandbox, workspace.parent] as const;
    await edit(workspace, workspace.sandbox, flow('a();'));
    await edit(workspace, workspace.parent, {});
    await merge(workspace, way, MergeStrategy.THEIRS);
    await edit(workspace, workspace.parent, {});
    expect(await merge(workspace, way)).toEqual([KEEP]);
  });

  it('by the side that won a conflict brings the other one’s no more', async () => {
    const workspace = await aWorkspace(service, {});
    const way = [workspace.sandbox, workspace.parent] as const;
    await edit(workspace, workspace.sandbox, flow('a();'));
    await edit(workspace, workspace.parent, flow('x();'));
    await merge(workspace, way, MergeStrategy.OURS);
    await edit(workspace, workspace.parent, {});
    expect(await merge(workspace, way)).toEqual([KEEP]);
  });
});

it('Of two of one origin the one that was paired before matches', async () => {
  const two = (p?: string, q?: string): Sketch => ({
    ...(p === undefined ? {} : { p: { jobs: { only: p } } }),
    ...(q === undefined ? {} : { q: { jobs: { only: q } } }),
  });
  const workspace = await aWorkspace(service, two('p();', 'q();'));
  const { parent, sandbox, projects } = workspace;
  const sibling = await aSandbox(projects, parent);
  await edit(workspace, sandbox, two('p();'));
  await edit(workspace, parent, two(undefined, 'q();'));
  // Now p of the sandbox is called q and does what the project's q does.
  await edit(workspace, sandbox, two('q();'));
  await rows(
    service,
    `update workflows set name = 'q', lock_version = lock_version + 1 where project_id = $1 and name = 'p'`,
    [sandbox],
  );
  await merge(workspace, [sandbox, parent]);

  const ends = { sourceId: sibling, targetId: parent };
  const [all, few] = [
    await projects.compareProjects({ ...ends, includeSame: true }),
    await projects.compareProjects(ends),
  ].map(({ workflows }) => workflows.map(({ sourceName, targetName }) => `${sourceName}>${targetName}`));
  expect(all).toEqual(['p>', 'q>q']);
  expect(few).toEqual(['p>']);
  expect(await merge(workspace, [sibling, parent])).toEqual([KEEP, KEEP]);
});

it('Whatever was edited and merged before, a merge leaves nothing to do, and one side’s edit is no conflict', async () => {
  const sketch = fc.dictionary(
    fc.constantFrom('alpha', 'beta'),
    fc.record({ jobs: fc.record({ only: fc.constantFrom('a();', 'b();', 'c();') }) }),
  );
  const step = fc.record({ project: fc.nat(2), sketch, way: fc.nat(2), strategy: fc.constantFrom(2, 3) });
  await fc.assert(
    fc.asyncProperty(sketch, fc.array(step, { minLength: 2, maxLength: 4 }), async (first, steps) => {
      const workspace = await aWorkspace(service, first);
      const below = await aSandbox(workspace.projects, workspace.sandbox);
      const all = [workspace.parent, workspace.sandbox, below];
      const ways: readonly Way[] = [
        [workspace.sandbox, workspace.parent],
        [below, workspace.parent],
        [below, workspace.sandbox],
      ];
      let edits = 0;
      for (const { project, sketch: next, way: chosen, strategy } of steps) {
        await edit(workspace, all[project] ?? '', next);
        const way = ways[chosen] ?? ways[0] ?? ['', ''];
        await merge(workspace, way, strategy);
        expect(await merge(workspace, way)).not.toContain(UPDATE);

        const { workflows } = await exported(workspace, way[0]);
        edits += 1;
        const touched = Object.keys(workflows).map((name) => [name, { jobs: { only: `edit${edits}();` } }]);
        await edit(workspace, way[0], Object.fromEntries(touched));
        if (strategy === MergeStrategy.THEIRS) {
          for (const action of await merge(workspace, way, MergeStrategy.FAIL, true))
            expect([UPDATE, KEEP]).toContain(action);
        }
      }
    }),
    { numRuns: 6 },
  );
});
