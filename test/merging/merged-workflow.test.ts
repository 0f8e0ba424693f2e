import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergedWorkflow } from '../../src/merging/merged-workflow.ts';
import { nodeDifferences } from '../../src/merging/node-differences.ts';
import type { StoredWorkflow } from '../../src/workflows/stored-workflows.ts';
import { type Sketch, storedAs } from '../exchange/support/plans.ts';

/** Ids of a workflow under other ones, as a copy has them. */
function copyOf(workflow: StoredWorkflow, prefix: string): StoredWorkflow {
  const ids = new Map(
    [...workflow.jobs, ...workflow.triggers, ...workflow.edges].map(({ id }) => [
      `"${id}"`,
      `"${prefix}${id}"`,
    ]),
  );
  return JSON.parse(JSON.stringify(workflow).replace(/"\d+"/g, (id) => ids.get(id) ?? id));
}

let next = 0;
const newId = () => {
  next += 1;
  return `new${next}`;
};
const merged = (source: StoredWorkflow, target: StoredWorkflow | undefined, origin = (id: string) => id) =>
  mergedWorkflow(source, target, {
    origin,
    newId,
    credentialOf: ({ projectCredentialId, keychainCredentialId }) => ({
      projectCredentialId,
      keychainCredentialId,
    }),
  });
/** Which job of the target each of the source is, by name. */
function matchedJobs(source: StoredWorkflow, target: StoredWorkflow): Record<string, string | undefined> {
  const { plan, sourceIds } = merged(source, target);
  const names = new Map(source.jobs.map(({ id, name }) => [id, name]));
  const targets = new Map(target.jobs.map(({ id, name }) => [id, name]));
  return Object.fromEntries(
    plan.state.jobs.map(({ id }) => [names.get(sourceIds.get(id) ?? '') ?? '', targets.get(id)]),
  );
}

const chain: Sketch = {
  triggers: { webhook: {} },
  jobs: { fetch: { body: 'one' }, map: { body: 'two' }, load: { body: 'three' } },
  edges: { 'webhook>fetch': {}, 'fetch>map': {}, 'map>load': {} },
};

describe('Jobs without a common origin match', () => {
  it('by name, then by their place in the graph', () => {
    const source = copyOf(
      storedAs({
        ...chain,
        jobs: { fetch: { body: 'one' }, renamed: { body: 'other' }, load: {} },
        edges: { 'webhook>fetch': {}, 'fetch>renamed': {}, 'renamed>load': {} },
      }),
      's',
    );
    expect(matchedJobs(source, storedAs(chain))).toEqual({ fetch: 'fetch', renamed: 'map', load: 'load' });
  });

  it('not by a place among nothing that both have', () => {
    const webhook: Sketch = {
      triggers: { webhook: {} },
      jobs: { old: { body: 'one' } },
      edges: { 'webhook>old': {} },
    };
    const cron: Sketch = {
      triggers: { webhook: { type: 'cron', cronExpression: '5 4 * * *' } },
      jobs: { new: { body: 'two' } },
      edges: { 'webhook>new': {} },
    };
    expect(matchedJobs(copyOf(storedAs(cron), 's'), storedAs(webhook))).toEqual({ new: undefined });
  });

  it('by equal body where they stand somewhere else, unless it is empty or not the only one', () => {
    const target = storedAs({
      jobs: { a: { body: 'unique' }, b: { body: '' }, c: { body: 'twice' }, d: { body: 'twice' } },
    });
    const source = copyOf(
      storedAs({ jobs: { x: { body: 'unique' }, y: { body: '' }, z: { body: 'twice' } } }),
      's',
    );
    expect(matchedJobs(source, target)).toEqual({ x: 'a', y: undefined, z: undefined });
  });
});

describe('A merged workflow', () => {
  it('never turns a schedule into an enabled webhook', () => {
    const target = storedAs({
      ...chain,
      triggers: { webhook: { type: 'cron', cronExpression: '5 4 * * *' } },
    });
    const { plan } = merged(copyOf(storedAs(chain), 's'), target);
    expect(plan.triggers).toMatchObject({
      created: [{ type: 'webhook', enabled: false }],
      deleted: [{ type: 'cron' }],
    });
  });

  it('of a copy is unchanged, whatever its triggers are enabled for, and tells no difference', () => {
    const target = storedAs(chain);
    const copy = copyOf(storedAs({ ...chain, triggers: { webhook: { enabled: false } } }), 's');
    const { plan, sourceIds } = merged(copy, target, (id) => id.replace('s', ''));
    expect(plan.fate).toBe('unchanged');
    expect(nodeDifferences({ plan, sourceIds }, copy, target)).toEqual([]);
  });

  it('tells a renamed job as one, by its origin', () => {
    const target = storedAs(chain);
    const copy = copyOf(target, 's');
    const renamed = {
      ...copy,
      jobs: copy.jobs.map((job) => (job.name === 'map' ? { ...job, name: 'convert' } : job)),
    };
    const result = merged(renamed, target, (id) => id.replace('s', ''));
    expect(nodeDifferences(result, renamed, target)).toMatchObject([
      { sourceName: 'convert', targetName: 'map', fields: ['name'] },
    ]);
  });

  it('drops the places of nodes that are gone, and keeps the target’s as long as no node moved', () => {
    const target = { ...storedAs(chain), positions: { gone: { x: 9, y: 9 } } };
    const copy = { ...copyOf(storedAs(chain), 's'), positions: null };
    expect(merged(copy, target).plan.state.positions).toEqual(target.positions);
    const [job] = copy.jobs;
    const placed = { ...copy, positions: { [job?.id ?? '']: { x: 1, y: 2 }, other: { x: 0, y: 0 } } };
    expect(merged(placed, target).plan.state.positions).toEqual({
      [target.jobs[0]?.id ?? '']: { x: 1, y: 2 },
    });
  });

  it('is as the source but for ids and what is enabled, and then there is nothing left to merge', () => {
    const sketch = fc
      .record({
        jobs: fc.dictionary(
          fc.constantFrom('a', 'b', 'c', 'd'),
          fc.record({ body: fc.constantFrom('', 'one', 'two') }),
          { minKeys: 1 },
        ),
        type: fc.constantFrom('webhook' as const, 'cron' as const),
        enabled: fc.boolean(),
        links: fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 5 }),
      })
      .map(({ jobs, type, enabled, links }): Sketch => {
        const names = Object.keys(jobs);
        const ends = links.map(
          ([from, to], index) => `${names[from % names.length]}>${names[to % names.length]}#${index}`,
        );
        return {
          jobs,
          triggers: { trigger: { type, enabled } },
          edges: Object.fromEntries([`trigger>${names[0]}`, ...ends].map((edge) => [edge, {}])),
        };
      });
    fc.assert(
      fc.property(sketch, sketch, (one, other) => {
        const [source, target] = [copyOf(storedAs(one), 's'), storedAs(other)];
        const { plan } = merged(source, target);
        const after: StoredWorkflow = { ...target, ...plan.state, ...edgesAndTriggers(plan) };
        expect(merged(source, after).plan.fate).toBe('unchanged');
        expect(contentOf(after)).toEqual(contentOf(source));
        const wasEnabled = new Set(target.triggers.filter(({ enabled }) => enabled).map(({ id }) => id));
        for (const { id, enabled } of after.triggers) if (enabled) expect(wasEnabled).toContain(id);
      }),
      { numRuns: 500 },
    );
  });
});

/** The rows of a plan, as they are stored once it was carried out. */
function edgesAndTriggers({ triggers, edges }: ReturnType<typeof merged>['plan']) {
  return {
    triggers: [...triggers.created, ...triggers.updated, ...triggers.unchanged],
    edges: [...edges.created, ...edges.updated, ...edges.unchanged],
  };
}

/** What a workflow says, without ids and in no order. */
function contentOf({ name, jobs, triggers, edges }: StoredWorkflow): unknown {
  const names = new Map<string | null, string>([
    ...jobs.map((job): [string, string] => [job.id, job.name]),
    ...triggers.map((trigger): [string, string] => [trigger.id, trigger.type]),
  ]);
  return {
    name,
    jobs: jobs.map((job) => `${job.name} ${job.body}`).toSorted(),
    triggers: triggers.map(({ type }) => type).toSorted(),
    edges: edges
      .map((edge) => `${names.get(edge.sourceTriggerId ?? edge.sourceJobId)} ${names.get(edge.targetJobId)}`)
      .toSorted(),
  };
}
