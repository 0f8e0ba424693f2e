import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentWorkflow } from '../../src/exchange/exported-document.ts';
import { anyWorkflow } from '../exchange/support/arbitrary-workflow.ts';
import { aWorkflow, plan, stored, storedAs } from '../exchange/support/plans.ts';

/** A workflow of two jobs behind a webhook. */
const sketch = {
  jobs: { fetch: {}, load: {} },
  triggers: { webhook: {} },
  edges: { 'webhook>fetch': {}, 'fetch>load': {} },
};

describe('a workflow', () => {
  it('that is new is created with all its rows', () => {
    const planned = plan(aWorkflow(sketch));
    expect(planned.fate).toBe('created');
    expect(planned.jobs.created.map(({ name }) => name)).toEqual(['fetch', 'load']);
    expect(planned.triggers.created).toHaveLength(1);
    expect(planned.edges.created.map(({ targetJobId }) => targetJobId)).toEqual(
      planned.jobs.created.map(({ id }) => id),
    );
  });

  it('that is as the document says is left alone', () => {
    const planned = plan(aWorkflow(sketch), storedAs(sketch));
    expect(planned.fate).toBe('unchanged');
    expect(planned.jobs.unchanged).toHaveLength(2);
  });

  it('that has another name is updated, and its rows are not', () => {
    const planned = plan(aWorkflow({ ...sketch, name: 'renamed' }), storedAs(sketch));
    expect(planned).toMatchObject({ fate: 'updated', name: 'renamed', state: { name: 'renamed' } });
    expect(planned.jobs.unchanged).toHaveLength(2);
  });

  it('keeps where its nodes stand on the canvas', () => {
    const positions = { 1: { x: 1, y: 2 } };
    expect(plan(aWorkflow(sketch), { ...storedAs(sketch), positions }).state.positions).toEqual(positions);
  });
});

describe('a job', () => {
  it('that changed is updated in its place', () => {
    const before = storedAs(sketch);
    const planned = plan(aWorkflow({ ...sketch, jobs: { fetch: { body: 'changed();' }, load: {} } }), before);
    expect(planned.fate).toBe('updated');
    expect(planned.jobs.updated).toEqual([{ ...before.jobs[0], body: 'changed();' }]);
    expect(planned.jobs.unchanged).toEqual([before.jobs[1]]);
  });

  it('that was renamed and kept its key keeps its id, and its edges are unchanged', () => {
    const before = storedAs(sketch);
    const planned = plan(aWorkflow({ ...sketch, jobs: { fetch: { name: 'Fetch all' }, load: {} } }), before);
    expect(planned.jobs.updated).toEqual([{ ...before.jobs[0], name: 'Fetch all' }]);
    expect(planned.edges.unchanged).toEqual(before.edges);
  });

  it('that the document does not have stays, with its edges', () => {
    const before = storedAs(sketch);
    const planned = plan(aWorkflow({ jobs: { fetch: {} }, triggers: { webhook: {} } }), before);
    expect(planned.fate).toBe('unchanged');
    expect(planned.jobs.kept).toEqual([before.jobs[1]]);
    expect(planned.edges.kept).toEqual(before.edges);
    expect(planned.state.jobs).toHaveLength(2);
  });

  it('that the document does not have is deleted by a pruning, with its edges', () => {
    const before = storedAs(sketch);
    const document = aWorkflow({
      jobs: { fetch: {} },
      triggers: { webhook: {} },
      edges: { 'webhook>fetch': {} },
    });
    const planned = plan(document, before, { prune: true });
    expect(planned.fate).toBe('updated');
    expect(planned.jobs.deleted).toEqual([before.jobs[1]]);
    expect(planned.edges.deleted).toEqual([before.edges[1]]);
    expect(planned.state).toMatchObject({ jobs: [before.jobs[0]], edges: [before.edges[0]] });
  });

  it('takes the credential of its key, and loses a keychain credential only to another credential', () => {
    const before = storedAs(sketch);
    const [fetch, load] = before.jobs.map((job) => ({ ...job, keychainCredentialId: 'keychain' }));
    const withKeychain = { ...before, jobs: [fetch, load].filter((job) => job !== undefined) };
    const document = aWorkflow({ ...sketch, jobs: { fetch: { credential: 'key' }, load: {} } });
    const { jobs } = plan(document, withKeychain);
    expect(jobs.updated).toEqual([
      { ...fetch, projectCredentialId: 'credential key', keychainCredentialId: null },
    ]);
    expect(jobs.unchanged).toEqual([load]);
  });

  it.each([
    ['fn();\n', 'fn();'],
    ['\n', ''],
  ])('whose body %j was stored elsewhere is what the document shows as %j', (body, shown) => {
    const before = storedAs({ jobs: { fetch: { body } } });
    expect(plan(aWorkflow({ jobs: { fetch: { body: shown } } }), before).fate).toBe('unchanged');
  });

  it.each([
    ['fn();\n\n', 'fn();\n'],
    ['fn();\r\n', 'fn();\r'],
    ['fn();', 'fn()'],
  ])('whose body is %j and not %j has changed', (body, other) => {
    const before = storedAs({ jobs: { fetch: { body } } });
    expect(plan(aWorkflow({ jobs: { fetch: { body: other } } }), before).fate).toBe('updated');
  });
});

describe('triggers', () => {
  it('are found again by their type, several of one type in their order', () => {
    const triggers = {
      cron: { type: 'cron', cronExpression: '0 1 * * *' },
      webhook: { type: 'webhook' },
      'cron-2': { type: 'cron', cronExpression: '0 2 * * *' },
    } as const;
    const before = storedAs({ triggers });
    const planned = plan(
      aWorkflow({
        triggers: {
          first: triggers.cron,
          second: { ...triggers['cron-2'], enabled: false },
          hook: triggers.webhook,
        },
      }),
      before,
    );
    expect(planned.triggers.updated).toEqual([{ ...before.triggers[2], enabled: false }]);
    expect(planned.triggers.unchanged).toEqual([before.triggers[0], before.triggers[1]]);
  });

  it('of another type are other triggers', () => {
    const before = storedAs({ triggers: { webhook: {} } });
    const document = aWorkflow({ triggers: { cron: { type: 'cron', cronExpression: '@daily' } } });
    const planned = plan(document, before, { prune: true });
    expect(planned.triggers.created).toMatchObject([{ type: 'cron' }]);
    expect(planned.triggers.deleted).toEqual(before.triggers);
  });

  it('follow the job that they start from', () => {
    const jobs = { fetch: {}, load: {} };
    const cron = (cronCursorJob: string | null) =>
      aWorkflow({ jobs, triggers: { cron: { type: 'cron', cronExpression: '@daily', cronCursorJob } } });
    const before = stored(plan(cron('fetch')));
    expect(before.triggers[0]?.cronCursorJobId).toBe(before.jobs[0]?.id);
    expect(plan(cron('load'), before).triggers.updated).toMatchObject([
      { cronCursorJobId: before.jobs[1]?.id },
    ]);
    expect(plan(cron(null), before).triggers.updated).toMatchObject([{ cronCursorJobId: null }]);
    expect(plan(cron('fetch'), before).fate).toBe('unchanged');
  });

  it('let go of a job that is deleted', () => {
    const cron = { type: 'cron', cronExpression: '@daily' } as const;
    const before = storedAs({ jobs: { fetch: {} }, triggers: { cron: { ...cron, cronCursorJob: 'fetch' } } });
    const planned = plan(aWorkflow({ triggers: { cron } }), before, { prune: true });
    expect(planned.triggers.updated).toMatchObject([{ cronCursorJobId: null }]);
    expect(planned.jobs.deleted).toEqual(before.jobs);
  });

  it('answer as configured, whatever of it is null', () => {
    const before = storedAs({ triggers: { webhook: { webhookResponseConfig: { success_code: 200 } } } });
    const [trigger] = before.triggers;
    const withNull = {
      ...before,
      triggers: trigger
        ? [{ ...trigger, webhookResponseConfig: { success_code: 200, error_code: null } }]
        : [],
    };
    const asBefore = aWorkflow({ triggers: { webhook: { webhookResponseConfig: { success_code: 200 } } } });
    const empty = aWorkflow({ triggers: { webhook: { webhookResponseConfig: { success_code: null } } } });
    expect(plan(asBefore, withNull).fate).toBe('unchanged');
    expect(plan(empty, withNull).triggers.updated).toMatchObject([{ webhookResponseConfig: null }]);
    expect(plan(empty).triggers.created).toMatchObject([{ webhookResponseConfig: null }]);
  });
});

describe('a Kafka trigger', () => {
  const kafka = {
    hosts: [['h', '9092']],
    topics: ['t'],
    initialOffsetResetPolicy: null,
    connectTimeout: 30,
  } as const;
  const sketched = { triggers: { kafka: { type: 'kafka', kafkaConfiguration: kafka } } } as const;
  const secrets = { username: 'u', password: 'p', group_id: 'g' };

  function withSecrets(configuration = secrets as Record<string, unknown>) {
    const before = storedAs(sketched);
    const triggers = before.triggers.map((trigger) => ({
      ...trigger,
      kafkaConfiguration: { ...trigger.kafkaConfiguration, ...configuration },
    }));
    return { ...before, triggers };
  }

  it('is stored as Lightning stores it', () => {
    expect(storedAs(sketched).triggers[0]?.kafkaConfiguration).toEqual({
      hosts: [['h', '9092']],
      topics: ['t'],
      connect_timeout: 30,
    });
  });

  it('keeps what it signs in with', () => {
    expect(plan(aWorkflow(sketched), withSecrets()).fate).toBe('unchanged');
    const changed = { ...sketched.triggers.kafka, kafkaConfiguration: { ...kafka, topics: ['other'] } };
    expect(plan(aWorkflow({ triggers: { kafka: changed } }), withSecrets()).triggers.updated).toMatchObject([
      { kafkaConfiguration: { ...secrets, topics: ['other'] } },
    ]);
  });

  it('keeps it also when the document has no configuration', () => {
    const bare = aWorkflow({ triggers: { kafka: { type: 'kafka' } } });
    expect(plan(bare, withSecrets()).triggers.updated).toMatchObject([{ kafkaConfiguration: secrets }]);
    expect(plan(bare, storedAs(sketched)).triggers.updated).toMatchObject([{ kafkaConfiguration: null }]);
  });

  it('is unchanged when the database says the same in another form', () => {
    const other = withSecrets({ hosts: [['h', 9092]], initial_offset_reset_policy: null });
    expect(plan(aWorkflow(sketched), other).fate).toBe('unchanged');
  });
});

describe('edges', () => {
  it('are found again by their ends, several between two nodes in their order', () => {
    const jobs = { a: {}, b: {} };
    const before = storedAs({ jobs, edges: { 'a>b': {}, 'a>b#2': { conditionType: 'on_job_failure' } } });
    const document = aWorkflow({ jobs, edges: { 'a>b': {}, 'a>b#2': { enabled: false } } });
    const { edges } = plan(document, before);
    expect(edges.unchanged).toEqual([before.edges[0]]);
    expect(edges.updated).toEqual([{ ...before.edges[1], conditionType: 'always', enabled: false }]);
  });

  it('that lead elsewhere are other edges', () => {
    const jobs = { a: {}, b: {}, c: {} };
    const before = storedAs({ jobs, edges: { 'a>b': {} } });
    const planned = plan(aWorkflow({ jobs, edges: { 'a>c': {} } }), before, { prune: true });
    expect(planned.edges.created).toMatchObject([{ targetJobId: before.jobs[2]?.id }]);
    expect(planned.edges.deleted).toEqual(before.edges);
  });

  it('come from a trigger or from a job, never from both', () => {
    const { state } = plan(aWorkflow(sketch));
    expect(
      state.edges.map(({ sourceTriggerId, sourceJobId }) => [sourceTriggerId === null, sourceJobId === null]),
    ).toEqual([
      [false, true],
      [true, false],
    ]);
  });
});

describe('any workflow', () => {
  it('is unchanged by the document that it was made from', () => {
    fc.assert(
      fc.property(anyWorkflow, fc.boolean(), (document, prune) => {
        const planned = plan(document, stored(plan(document)), { prune });
        expect(planned.fate).toBe('unchanged');
      }),
    );
  });

  it('is unchanged by what it is exported as', () => {
    fc.assert(
      fc.property(anyWorkflow, (document) => {
        const before = stored(plan(document));
        const keys = new Map(
          before.jobs.map(({ projectCredentialId: id }) => [id ?? '', id?.slice('credential '.length) ?? '']),
        );
        expect(plan(documentWorkflow(before, keys), before, { prune: true }).fate).toBe('unchanged');
      }),
    );
  });

  it('is what the document says, pruned of what it was before', () => {
    fc.assert(
      fc.property(anyWorkflow, anyWorkflow, (first, second) => {
        const before = stored(plan(first));
        const { state, ...planned } = plan(second, before, { prune: true });
        expect([state.jobs.length, state.triggers.length, state.edges.length]).toEqual([
          second.jobs.length,
          second.triggers.length,
          second.edges.length,
        ]);
        expect(plan(second, stored({ state, ...planned })).fate).toBe('unchanged');
      }),
    );
  });
});
