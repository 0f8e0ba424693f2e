import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MergeAction } from '../../src/gen/lightning/projects/v1/comparison_pb.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import {
  aWorkspace,
  edit,
  exported,
  type Sketch,
  type SketchedWorkflow,
  type Workspace,
  withoutEnabled,
} from './support/workspace.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService({ ROLES: 'rpc' });
});

afterAll(() => service.close());

const body = fc.constantFrom('fn();', 'get("/a");', 'fn();\n\npost("/b");', '// none');
const workflow: fc.Arbitrary<SketchedWorkflow> = fc
  .record({
    jobs: fc.dictionary(fc.constantFrom('fetch', 'map', 'load', 'send'), body, { minKeys: 1 }),
    triggers: fc.dictionary(fc.constantFrom('webhook', 'cron'), fc.boolean()),
    picks: fc.array(fc.tuple(fc.nat(5), fc.nat(3)), { maxLength: 4 }),
  })
  .map(({ jobs, triggers, picks }) => {
    const names = Object.keys(jobs);
    const nodes = [...Object.keys(triggers), ...names];
    const edges = picks.map(([from, to]) => [nodes[from % nodes.length], names[to % names.length]] as const);
    // No circles: an edge leads to a later job.
    const forward = edges.filter(([from, to]) => nodes.indexOf(from ?? '') < nodes.indexOf(to ?? ''));
    return { jobs, triggers, edges: [...new Set(forward.map(([from, to]) => `${from}->${to}`))] };
  });
const sketch: fc.Arbitrary<Sketch> = fc.dictionary(fc.constantFrom('alpha', 'beta', 'gamma'), workflow);
const runs = { numRuns: 8 };

const merge = ({ projects, sandbox: sandboxId, parent: targetId }: Workspace, validateOnly = false) =>
  projects.mergeSandbox({ sandboxId, targetId, validateOnly });

/** Everything of a project that a merge could write, and how much was ever told of it. */
const state = async (projectId: string) => {
  const [row] = await rows(
    service,
    `with mine as (select * from workflows where project_id = $1), ids as (select id from mine)
     select (select json_agg(w order by w.id) from mine w) as workflows,
            (select json_agg(j order by j.id) from jobs j where workflow_id in (select id from ids)) as jobs,
            (select json_agg(t order by t.id) from triggers t where workflow_id in (select id from ids)) as triggers,
            (select json_agg(e order by e.id) from workflow_edges e where workflow_id in (select id from ids)) as edges,
            (select json_agg(v order by v.id) from workflow_versions v where workflow_id in (select id from ids)) as versions,
            (select json_agg(h order by h.position) from project_heads h where project_id = $1) as heads,
            (select json_agg(c order by c.id) from collections c where project_id = $1) as collections,
            (select count(*) from events where project_id = $1) as events`,
    [projectId],
  );
  return row;
};

/** What a merge must leave alone. */
const possessions = async (projectId: string) => {
  const [row] = await rows<{ enabled: string[] | null; credentials: string; collections: string[] | null }>(
    service,
    `select (select array_agg(t.id order by t.id) from triggers t join workflows w on w.id = t.workflow_id
             where w.project_id = $1 and w.deleted_at is null and t.enabled) as enabled,
            (select count(*) from project_credentials where project_id = $1) as credentials,
            (select array_agg(name order by name) from collections where project_id = $1) as collections`,
    [projectId],
  );
  return { ...row, enabled: row?.enabled ?? [] };
};

describe('Whatever a project holds and a sandbox changes', () => {
  it('merging an unchanged sandbox changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(sketch, async (first) => {
        const workspace = await aWorkspace(service, first, ['items']);
        const before = await state(workspace.parent);
        await merge(workspace);
        expect(await state(workspace.parent)).toEqual(before);
      }),
      runs,
    );
  });

  it('an edit of the sandbox alone arrives exactly, as planned; merging again changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(sketch, sketch, sketch, async (first, second, third) => {
        const workspace = await aWorkspace(service, first, ['items']);
        const owned = await possessions(workspace.parent);
        // The second edit starts from what the first merge left: the base has moved.
        for (const next of [second, third]) {
          await edit(workspace, workspace.sandbox, next);
          const { plan: planned } = await merge(workspace, true);
          const { plan: done } = await merge(workspace);
          expect(done).toEqual(planned);

          const { workflows: wanted } = await exported(workspace, workspace.sandbox);
          const { workflows: found } = await exported(workspace, workspace.parent);
          expect(withoutEnabled(found)).toEqual(withoutEnabled(wanted));
          const { enabled, ...others } = await possessions(workspace.parent);
          expect(owned).toMatchObject(others);
          expect(owned.enabled).toEqual(expect.arrayContaining(enabled));

          const before = await state(workspace.parent);
          const { plan: nothing } = await merge(workspace);
          expect(nothing?.steps.every(({ action }) => action === MergeAction.KEEP)).toBe(true);
          expect(await state(workspace.parent)).toEqual(before);
          const { workflows } = await workspace.projects.compareProjects({
            sourceId: workspace.sandbox,
            targetId: workspace.parent,
          });
          expect(workflows).toEqual([]);
        }
      }),
      runs,
    );
  });

  it('edits of both sides to different workflows both survive', async () => {
    await fc.assert(
      fc.asyncProperty(sketch, workflow, workflow, async (first, ours, theirs) => {
        const workspace = await aWorkspace(service, { ...first, ours: theirs, theirs: ours });
        await edit(workspace, workspace.sandbox, { ...first, ours: theirs, theirs });
        await edit(workspace, workspace.parent, { ...first, ours, theirs: ours });
        await merge(workspace);
        const { workflows: found } = await exported(workspace, workspace.parent);
        await edit(workspace, workspace.sandbox, { ...first, ours, theirs });
        const { workflows: wanted } = await exported(workspace, workspace.sandbox);
        expect(withoutEnabled(found)).toEqual(withoutEnabled(wanted));
      }),
      runs,
    );
  });
});
