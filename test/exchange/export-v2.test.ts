import Project from '@openfn/project';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DocumentWorkflow } from '../../src/exchange/document.ts';
import { DocumentShape, ExportFormat } from '../../src/gen/lightning/projects/v1/document_pb.ts';
import { stateOf } from '../openfn/support/provisioning.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, startTestService, type TestService } from '../support/service.ts';
import { anyProject } from './support/arbitrary-workflow.ts';
import { exportDocument, importDocument, newProject, projectDocument } from './support/documents.ts';
import { describedSamples, filesOf, readSample } from './support/samples.ts';
import { written } from './support/written.ts';

/** A state file, which is never imported. */
const STATE = 'openfn-msf-lime-mosul-local-state-4wf.yaml';
const samples = [...describedSamples().keys()].filter((name) => name !== STATE);

let service: TestService;
let elsewhere: TestService;
beforeAll(async () => {
  [service, elsewhere] = await Promise.all([startTestService(), startTestService()]);
});
afterAll(() => Promise.all([service.close(), elsewhere.close()]));

function exportV2(of: TestService, projectId: string, snapshotIds: readonly string[] = []): Promise<string> {
  return exportDocument(of, projectId, snapshotIds, ExportFormat.V2);
}

async function importedSample(name: string): Promise<string> {
  const yaml = readSample(name);
  const projectId = name.endsWith('.workflow.yaml') ? (await aProject(service)).id : '';
  const { id: actorUserId } = await aUser(service);
  return await newProject(service, yaml, { files: filesOf(yaml), projectId, actorUserId });
}

/** Without second edges of the same ends, which format v2 cannot hold. */
function withDistinctEnds(workflow: DocumentWorkflow): DocumentWorkflow {
  const ends = ({ sourceTrigger, sourceJob, targetJob }: DocumentWorkflow['edges'][number]) =>
    JSON.stringify([sourceTrigger, sourceJob, targetJob]);
  const edges = [...new Map(workflow.edges.map((edge) => [ends(edge), edge])).values()];
  return { ...workflow, edges };
}

/** Imports what is in the project already; it must change nothing. */
async function expectUnchanged(projectId: string, text: string): Promise<void> {
  const again = await importDocument(service, text, { projectId, prune: true });
  expect(again.shape).toBe(DocumentShape.V2_PROJECT);
  // What a project may hold and people should know of, in whichever format.
  expect(again.warnings.filter(({ reason }) => reason !== 'MISSING_CRON_EXPRESSION')).toEqual([]);
  for (const counts of [again.created, again.updated, again.deleted]) {
    const { $typeName: _, ...numbers } = counts ?? { $typeName: '' };
    expect(new Set(Object.values(numbers))).toEqual(new Set([0]));
  }
}

describe('an export in format v2', () => {
  it('of any project is imported over it without a change, and elsewhere gives the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(anyProject, async ({ header, workflows }) => {
        const projectId = await newProject(service, await written(header, workflows.map(withDistinctEnds)));
        const text = await exportV2(service, projectId);

        await expectUnchanged(projectId, text);
        const copy = await newProject(elsewhere, text);
        expect(await exportV2(elsewhere, copy)).toBe(text);
      }),
      { numRuns: 25 },
    );
  });

  it.each(samples)("of a real project holds what it does, also to OpenFn's library: %s", async (name) => {
    const projectId = await importedSample(name);
    const text = await exportV2(service, projectId);
    await expectUnchanged(projectId, text);

    const read = await Project.from('project', text);
    const state = await stateOf(service, projectId);
    expect(read.workflows.map((workflow) => workflow.name)).toEqual(state.workflows.map((w) => w.name));
    for (const [index, { jobs, triggers, edges }] of state.workflows.entries()) {
      const steps = read.workflows[index]?.steps ?? [];
      const nextCount = steps.flatMap(({ next }) => Object.keys(next ?? {})).length;
      expect([steps.length, nextCount]).toEqual([jobs.length + triggers.length, edges.length]);
      expect(steps.slice(triggers.length)).toMatchObject(
        jobs.map(({ name: jobName, adaptor, body }) => ({
          name: jobName,
          adaptor,
          expression: body === '' ? '' : body.endsWith('\n') ? body : `${body}\n`,
        })),
      );
    }
  });

  it("is laid out as Lightning's own", async () => {
    const yaml = `name: demo
credentials:
  k: {name: my server, owner: o@example.org}
collections:
  c: {name: readings}
workflows:
  Intake:
    name: Intake
    jobs:
      webhook: {name: webhook, adaptor: common, body: one();, credential: k}
      store: {name: store, adaptor: common, body: ''}
    triggers:
      webhook: {type: webhook, webhook_reply: after_completion, enabled: false}
    edges:
      1: {source_trigger: webhook, target_job: webhook, condition_type: always}
      2: {source_job: webhook, target_job: store, condition_type: js_expression, condition_expression: state.ok,
          condition_label: fine, enabled: false}
      3: {source_trigger: webhook, target_job: store, condition_type: js_expression, condition_expression: always}
`;
    expect(await exportV2(service, await newProject(service, yaml))).toBe(`id: demo
name: demo
schema_version: '4.0'
description: null
collections:
  - name: readings
credentials:
  - name: my server
    owner: o@example.org
workflows:
  - id: Intake
    name: Intake
    start: webhook-2
    steps:
      - id: webhook-2
        name: webhook-2
        enabled: false
        type: webhook
        webhook_reply: after_completion
        next:
          webhook:
            condition: always
          store:
            condition: js_expression
            expression: |
              always
      - id: webhook
        name: webhook
        adaptor: 'common'
        expression: |
          one();
        configuration: 'o@example.org|my server'
        next:
          store:
            condition: |
              state.ok
            label: fine
            disabled: true
      - id: store
        name: store
        adaptor: 'common'
        expression: |
`);
  });

  it('of a project without anything has empty lists', async () => {
    const text = await exportV2(service, (await aProject(service)).id);
    expect(text).toContain('collections: []\ncredentials: []\nworkflows: []\n');
    expect((await Project.from('project', text)).workflows).toEqual([]);
  });

  it('is refused before the first byte when two edges have the same ends, also in a snapshot', async () => {
    const edge = 'source_trigger: webhook, target_job: a, condition_type';
    const workflow = `  twins:
    name: twins
    jobs:
      a: {name: a, adaptor: common, body: one();}
    triggers:
      webhook: {type: webhook}
    edges:
      1: {${edge}: always}
      2: {${edge}: js_expression, condition_expression: 'true'}
`;
    const projectId = await newProject(service, projectDocument(workflow));
    const snapshots = await rows<{ id: string }>(
      service,
      'select s.id from workflow_snapshots s join workflows w on w.id = s.workflow_id where project_id = $1',
      [projectId],
    );
    for (const ids of [[], snapshots.map(({ id }) => id)]) {
      expect(await refusal(exportV2(service, projectId, ids))).toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'DUPLICATE_KEY',
        metadata: { workflow: 'twins' },
      });
    }
  });
});
