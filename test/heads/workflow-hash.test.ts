import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { workflowHash } from '../../src/heads/workflow-hash.ts';
import { readSample, samplesFolder } from '../exchange/support/samples.ts';
import { loadV1Document } from '../exchange/support/v1-document.ts';
import { workflowOfTheLibrary } from './support/arbitrary-workflow.ts';
import { documentState } from './support/document-state.ts';
import { openfnHash } from './support/openfn-hash.ts';
import { edgeState, jobState, triggerState, workflowState } from './support/workflows.ts';

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);

describe('hashes recorded elsewhere', () => {
  it('agree with the one that Lightning recorded', () => {
    const { workflow, expected } = JSON.parse(
      readFileSync(new URL('../hash-vector.json', samplesFolder), 'utf8'),
    );
    const state = workflowState({
      name: workflow.name,
      triggers: workflow.triggers.map(triggerState),
      jobs: workflow.jobs.map((job: Record<string, unknown>) =>
        jobState({ ...job, projectCredentialId: job.project_credential_id as string | null }),
      ),
      edges: workflow.edges.map((edge: Record<string, string>) =>
        edgeState({
          sourceTriggerId: edge.source_trigger_id ?? null,
          sourceJobId: edge.source_job_id ?? null,
          targetJobId: edge.target_job_id ?? '',
          conditionType: edge.condition_type ?? null,
          conditionExpression: edge.condition_expression ?? null,
          conditionLabel: edge.condition_label ?? null,
        }),
      ),
    });
    expect(workflowHash(state)).toBe(expected);
  });

  it("agree with the latest one in a project file of OpenFn's command line", () => {
    const [workflow] = parse(readSample('doc-han-openfn-new-local-project-v2.yaml')).workflows;
    const [arcgis, transform, webhook] = workflow.steps;
    const state = workflowState({
      name: workflow.name,
      triggers: [triggerState({ id: 'webhook' })],
      jobs: [arcgis, transform].map(({ id, name, adaptor, expression }) =>
        jobState({ id, name, adaptor, body: expression }),
      ),
      edges: [
        edgeState({
          sourceJobId: transform.id,
          targetJobId: arcgis.id,
          conditionType: transform.next[arcgis.id].condition,
        }),
        edgeState({
          sourceTriggerId: 'webhook',
          targetJobId: transform.id,
          conditionType: webhook.next[transform.id].condition,
        }),
      ],
    });
    expect(`cli:${workflowHash(state)}`).toBe(workflow.history.at(-1));
  });
});

describe("OpenFn's own library", () => {
  it('computes the same hash of whatever workflow it sees whole', async () => {
    await fc.assert(
      fc.asyncProperty(workflowOfTheLibrary, async (workflow) => {
        expect(workflowHash(workflow)).toBe(await openfnHash(workflow));
      }),
      { numRuns: 300 },
    );
  });

  const v1Samples = readdirSync(samplesFolder).filter((name) =>
    /^(?!.*(-v2|local-state)).*\.yaml$/.test(name),
  );

  it.each(v1Samples)('computes the same hash of every workflow in %s', async (sample) => {
    for (const workflow of loadV1Document(readSample(sample)).workflows) {
      const state = inLowerCase(documentState(workflow));
      expect(workflowHash(state), workflow.name).toBe(await openfnHash(state));
    }
  });
});

/** Capitals are where Lightning's order by bytes and the library's order by locale part. */
function inLowerCase(workflow: ReturnType<typeof documentState>) {
  return { ...workflow, jobs: workflow.jobs.map((job) => ({ ...job, name: job.name.toLowerCase() })) };
}

describe('workflowHash', () => {
  it('joins the values of triggers, jobs and edges in the order of their column names', () => {
    const workflow = workflowState({
      name: '<name>',
      positions: { a: { x: 1, y: 2 } },
      triggers: [
        triggerState({
          id: 't',
          type: 'cron',
          enabled: false,
          cronCursorJobId: '<cursor>',
          cronExpression: '<cron>',
          webhookReply: '<reply>',
          webhookResponseConfig: { success_code: 201, error_code: 422 },
        }),
      ],
      jobs: [
        jobState({
          id: 'j',
          adaptor: '<adaptor>',
          body: '<body>',
          keychainCredentialId: '<keychain>',
          name: '<job>',
          projectCredentialId: '<credential>',
        }),
      ],
      edges: [
        edgeState({
          sourceTriggerId: 't',
          targetJobId: 'j',
          conditionExpression: '<expression>',
          conditionLabel: '<label>',
          conditionType: '<condition>',
        }),
      ],
    });
    expect(workflowHash(workflow)).toBe(
      digest(
        '<name>{"a":{"x":1,"y":2}}' +
          '<cursor><cron>falsecron<reply>{"error_code":422,"success_code":201}' +
          '<adaptor><body><keychain><job><credential>' +
          '<expression><label><condition>truecron-<job>',
      ),
    );
  });

  it('adds nothing for what is null', () => {
    const job = jobState({ name: 'j', adaptor: 'a', body: '' });
    expect(workflowHash(workflowState({ name: 'n', jobs: [job] }))).toBe(digest('naj'));
  });

  it('sorts the keys of positions, also those that look like numbers, and rounds up', () => {
    const positions = { b: { y: -0.5, x: 1.2 }, '9': { x: 2 }, '10': { x: -3.7 }, a: null };
    expect(workflowHash(workflowState({ name: '', positions }))).toBe(
      digest('{"10":{"x":-3},"9":{"x":2},"a":null,"b":{"x":2,"y":0}}'),
    );
  });

  it('sorts triggers by type, jobs by lower-cased name, edges by the names of their ends', () => {
    const [cron, webhook] = ['cron', 'webhook'].map((type) => triggerState({ type, id: type }));
    const jobs = ['b', 'A', 'C'].map((name) => jobState({ id: name, name, adaptor: '', body: '' }));
    const edges = [
      edgeState({ sourceJobId: 'b', targetJobId: 'C', conditionType: null }),
      edgeState({ sourceTriggerId: 'webhook', targetJobId: 'A', conditionType: null }),
      edgeState({ sourceJobId: 'A', targetJobId: 'b', conditionType: null }),
    ];
    const triggers = [webhook, cron].filter((trigger) => trigger !== undefined);
    expect(workflowHash(workflowState({ name: '', triggers, jobs, edges }))).toBe(
      digest('truecrontruewebhook' + 'AbC' + 'trueA-btrueb-Ctruewebhook-A'),
    );
  });

  it('sorts by bytes, as Lightning does, where a locale would not', () => {
    const jobs = ['\u{1f600}', '\uff5e', 'é', 'z', '_'].map((name) =>
      jobState({ name, adaptor: '', body: '' }),
    );
    expect(workflowHash(workflowState({ name: '', jobs }))).toBe(digest('_zé\uff5e\u{1f600}'));
    const edges = [
      edgeState({ sourceTriggerId: 'cron', targetJobId: 'Get', conditionType: null }),
      edgeState({ sourceJobId: 'Get', targetJobId: 'Get', conditionType: null }),
    ];
    const triggers = [triggerState({ id: 'cron', type: 'cron' })];
    const get = jobState({ id: 'Get', name: 'Get', adaptor: '', body: '' });
    expect(workflowHash(workflowState({ name: '', triggers, jobs: [get], edges }))).toBe(
      digest('truecron' + 'Get' + 'trueGet-Gettruecron-Get'),
    );
  });

  it('does not depend on the order in which entries come, even where they sort alike', () => {
    const jobs = ['1', '2', '3'].map((id) => jobState({ id, name: 'same', body: `body ${id}` }));
    const edges = jobs.map(({ id }) =>
      edgeState({ id: `edge ${id}`, sourceJobId: id, targetJobId: id, conditionLabel: id }),
    );
    const triggers = ['1', '2'].map((id) => triggerState({ id: `trigger ${id}`, cronExpression: id }));
    const forwards = workflowState({ jobs, edges, triggers });
    const backwards = workflowState({
      jobs: jobs.toReversed(),
      edges: edges.toReversed(),
      triggers: triggers.toReversed(),
    });
    expect(workflowHash(backwards)).toBe(workflowHash(forwards));
  });

  it('refuses an edge whose end the workflow lacks', () => {
    const edges = [edgeState({ id: 'e', sourceTriggerId: 'gone', targetJobId: 'j' })];
    expect(() => workflowHash(workflowState({ jobs: [jobState({ id: 'j' })], edges }))).toThrow(
      'edge e names gone, which its workflow lacks',
    );
  });
});
