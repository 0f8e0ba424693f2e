import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MergeAction, MergeStrategy } from '../../src/gen/lightning/projects/v1/comparison_pb.ts';
import { refusal } from '../support/refusal.ts';
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
