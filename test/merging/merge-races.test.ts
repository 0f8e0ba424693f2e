import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MergeStrategy } from '../../src/gen/lightning/projects/v1/comparison_pb.ts';
import { lockProject, waitingStatements } from '../support/rival.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { aSandbox, aWorkspace, documentOf, edit, exported } from './support/workspace.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ ROLES: 'rpc' });
});
afterAll(() => service.close());

const flow = (body: string) => ({ jobs: { only: body } });
const base = { first: flow('a();'), second: flow('b();') };

const bodiesIn = async (...parameters: Parameters<typeof exported>) => {
  const { workflows } = await exported(...parameters);
  return Object.fromEntries(Object.entries(workflows).map(([key, { jobs }]) => [key, jobs?.only?.body]));
};

describe('At the same time', () => {
  it('two sandboxes are merged into their parent, and the changes of both are there', async () => {
    const workspace = await aWorkspace(service, base);
    const { projects, parent: targetId, sandbox } = workspace;
    const other = await aSandbox(projects, targetId);
    await edit(workspace, sandbox, { ...base, first: flow('a2();') });
    await edit(workspace, other, { ...base, second: flow('b2();') });
    {
      await using _ = await lockProject(service, targetId);
      const merges = [sandbox, other].map((sandboxId) => projects.mergeSandbox({ sandboxId, targetId }));
      await expect.poll(() => waitingStatements(service)).toBe(2);
      await _.leave();
      await Promise.all(merges);
    }
    expect(await bodiesIn(workspace, targetId)).toEqual({ first: 'a2();', second: 'b2();' });
  });

  it('a merge, an import into its target and one into its sandbox lose nothing of each other', async () => {
    const workspace = await aWorkspace(service, { ...base, third: flow('c();') });
    const { projects, parent: targetId, sandbox: sandboxId } = workspace;
    const merged = { ...base, third: flow('c();'), first: flow('a2();') };
    await edit(workspace, sandboxId, merged);
    const rivals = [await lockProject(service, targetId), await lockProject(service, sandboxId)];
    const racing = [
      projects.mergeSandbox({ sandboxId, targetId }),
      // Says nothing of `third`: whichever way round they come, it does not set that back.
      projects.importProject({ projectId: targetId, yaml: documentOf({ ...base, second: flow('b2();') }) }),
      edit(workspace, sandboxId, { ...merged, third: flow('c2();') }),
    ];
    await expect.poll(() => waitingStatements(service)).toBe(3);
    for (const rival of rivals) await rival.leave();
    await Promise.all(racing);
    // The import says what `first` was to it: when it came after the merge, it has set it back.
    await projects.mergeSandbox({ sandboxId, targetId, strategy: MergeStrategy.THEIRS });
    const { first, ...others } = await bodiesIn(workspace, targetId);
    expect(others).toEqual({ second: 'b2();', third: 'c2();' });
    expect(['a();', 'a2();']).toContain(first);
    const left = await projects.compareProjects({ sourceId: sandboxId, targetId });
    expect(left.workflows.filter(({ changedInSource }) => changedInSource)).toEqual([]);
  });

  it('merges around a circle of sandboxes leave no workflow its own copy', async () => {
    const workspace = await aWorkspace(service, base);
    const { projects, parent, sandbox } = workspace;
    const others = [await aSandbox(projects, parent), await aSandbox(projects, parent)];
    const ring = [sandbox, ...others, await aSandbox(projects, parent)];
    for (const [index, id] of ring.entries())
      await edit(workspace, id, { ...base, made: flow(`made(${index});`) });
    const passOn = (from: number) =>
      projects.mergeSandbox({
        sandboxId: ring[from] ?? '',
        targetId: ring[(from + 1) % 4] ?? '',
        strategy: MergeStrategy.THEIRS,
      });
    await passOn(0);
    await passOn(2);
    const rival = new pg.Client(service.databaseUrl);
    await rival.connect();
    try {
      // Whoever is to write the lineage waits until both merges have read it, or wait for each other.
      await rival.query('begin');
      await rival.query('lock table sandbox_lineage in share mode');
      const merges = [passOn(1), passOn(3)];
      await expect.poll(() => waitingStatements(service)).toBe(2);
      await rival.query('commit');
      await Promise.all(merges);
    } finally {
      await rival.end();
    }
    const circles = await rows(
      service,
      `with recursive line as (
         select copy_id as start, source_id from sandbox_lineage
         union
         select line.start, above.source_id from line join sandbox_lineage above on above.copy_id = line.source_id
       )
       select start from line where source_id = start`,
    );
    expect(circles).toEqual([]);
  });
});
