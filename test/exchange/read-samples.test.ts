import { describe, expect, it } from 'vitest';
import type { DocumentWorkflow } from '../../src/exchange/document.ts';
import type { DocumentShape } from '../../src/exchange/read-parts.ts';
import { brief, readText } from './support/read-text.ts';
import { describedSamples, filesOf, readSample } from './support/samples.ts';
import { loadV1Document } from './support/v1-document.ts';

interface Sample {
  readonly shape: DocumentShape;
  readonly warnings?: readonly string[];
  /** All bodies are in files of their own. */
  readonly hasFiles?: true;
}

/** What each sample is, and what of it is not taken as it stands. */
const SAMPLES: Readonly<Record<string, Sample>> = {
  'doc-han-openfn-new-local-project-v2.yaml': {
    shape: 'v2_project',
    warnings: ['UNKNOWN_KEY 15:1 options'],
  },
  'lightning-canonical-project-2023-condition-key.yaml': { shape: 'v1_project' },
  'lightning-canonical-project-2024-globals-comments.yaml': { shape: 'v1_project' },
  'lightning-canonical-project-v1.yaml': { shape: 'v1_project' },
  'lightning-canonical-project-v2-steps-schema4.yaml': { shape: 'v2_project' },
  'lightning-canonical-project-v2-steps.yaml': { shape: 'v2_project' },
  'lightning-canonical-update-project-v1.yaml': {
    shape: 'v1_project',
    warnings: ['UNKNOWN_KEY 6:1 channels'],
  },
  'lightning-scenario-branching-jobs.workflow.yaml': { shape: 'v1_workflow' },
  'lightning-scenario-cron-with-cursor.workflow.yaml': { shape: 'v1_workflow' },
  'lightning-scenario-js-expression-edge.workflow.yaml': { shape: 'v1_workflow' },
  'lightning-webhook-reply-and-cron-cursor-v2-steps.yaml': { shape: 'v2_project' },
  'lightning-webhook-reply-and-cron-cursor.yaml': { shape: 'v1_project' },
  'midigofrank-openfn-spec.yaml': { shape: 'v1_project' },
  'openfn-apollo-existing-yaml-long.workflow.yaml': { shape: 'v1_workflow' },
  'openfn-cht-dhis2-spec.yaml': { shape: 'v1_project' },
  'openfn-collections-demo-tng-project.yaml': { shape: 'v1_project', hasFiles: true },
  'openfn-gmail-to-claude-editor-export.workflow.yaml': { shape: 'v1_workflow' },
  'openfn-grassroot-soccer-18cadb7c-spec.yaml': { shape: 'v1_project' },
  'openfn-lime-pilot-spec-path-bodies.yaml': { shape: 'v1_project', hasFiles: true },
  'openfn-msf-lime-mosul-local-state-4wf.yaml': { shape: 'cli_state' },
  'openfn-primero-progres-spec.yaml': { shape: 'v1_project' },
  'openfn-supply-division-projectSpec-condition-key.yaml': { shape: 'v1_project' },
  'openfn-workflow-templates-projectSpec.yaml': { shape: 'v1_project' },
  'rubailly-bahmni-openfn-provisioning-project.yaml': { shape: 'v1_project' },
};

const samples = Object.entries(SAMPLES);
const importable = samples.filter(([, { shape }]) => shape !== 'cli_state');
const inline = samples.filter(([, { shape, hasFiles }]) => shape.startsWith('v1') && !hasFiles);
const withFiles = samples.filter(([, { hasFiles }]) => hasFiles);

describe('real documents', () => {
  it('are all known to this test', () => {
    expect([...describedSamples().keys()].toSorted()).toEqual(Object.keys(SAMPLES).toSorted());
  });

  it.each(importable)('%s has the parts that its description counts', async (name, { shape, warnings }) => {
    const read = await readText(readSample(name), { allowMissingFiles: true });
    expect(read.shape).toBe(shape);
    expect(count(read.workflows)).toEqual(describedSamples().get(name));
    expect(read.errors).toEqual([]);
    expect(brief(read.warnings.filter(({ reason }) => reason !== 'MISSING_FILE'))).toEqual(warnings ?? []);
  });

  it.each(inline)('%s says what another reader finds in it', async (name) => {
    const text = readSample(name);
    const expected = loadV1Document(text);
    const read = await readText(text);
    const isProject = read.project !== undefined;
    expect(read.workflows).toEqual(
      expected.workflows.map((workflow) => (isProject ? workflow : { ...workflow, key: workflow.name })),
    );
    if (!isProject) return;
    expect({
      name: read.project?.name,
      description: read.project?.description,
      collections: read.collections,
      credentials: read.credentials,
    }).toEqual(expected.header);
  });

  it('of the two formats say the same of the same project', async () => {
    const v1 = await readText(readSample('lightning-canonical-project-v1.yaml'));
    const v2 = await readText(readSample('lightning-canonical-project-v2-steps-schema4.yaml'));
    expect(v2.credentials.map(({ key }) => key)).toEqual(
      v1.credentials.map(({ owner, name }) => `${owner}|${name}`),
    );
    const keys = new Map(v2.credentials.map(({ key }, index) => [key, v1.credentials[index]?.key ?? key]));
    const workflows = v2.workflows.map((workflow) => ({
      ...workflow,
      jobs: workflow.jobs.map((job) => ({ ...job, credential: keys.get(job.credential ?? '') ?? null })),
    }));
    expect(workflows).toEqual(v1.workflows);
  });

  it.each(withFiles)('%s names every body that was not sent along', async (name) => {
    const read = await readText(readSample(name));
    const jobs = read.workflows.flatMap((workflow) => workflow.jobs);
    expect(jobs.length).toBeGreaterThan(0);
    expect(read.errors.map(({ reason }) => reason)).toEqual(jobs.map(() => 'MISSING_FILE'));
  });

  it.each(withFiles)('%s takes its bodies from the files sent along', async (name) => {
    const paths = Object.keys(filesOf(readSample(name)));
    const files = new Map(Object.entries(filesOf(readSample(name))));
    const read = await readText(readSample(name), { files });
    expect(read.errors).toEqual([]);
    const bodies = read.workflows.flatMap(({ jobs }) => jobs.map(({ body }) => body));
    expect(bodies).toEqual(paths.map((path) => `// ${path}`));
  });

  it('that are state files are refused with what to use instead', async () => {
    const read = await readText(readSample('openfn-msf-lime-mosul-local-state-4wf.yaml'));
    expect(read.parts.map(({ kind }) => kind)).toEqual(['shape', 'problem']);
    expect(read.shape).toBe('cli_state');
    expect(read.errors[0]).toMatchObject({
      reason: 'CLI_STATE',
      message: expect.stringContaining('openfn pull'),
    });
  });

  it('give every credential that a job names with its place, declared or not', async () => {
    const read = await readText(readSample('rubailly-bahmni-openfn-provisioning-project.yaml'));
    expect(read.credentials).toEqual([]);
    const references = read.workflowParts.flatMap(({ credentialReferences }) => credentialReferences);
    expect(references.map(({ place }) => [place.line, place.column])).toEqual([
      [9, 21],
      [29, 21],
    ]);
    expect(references.map(({ key }) => key)).toEqual(
      read.workflows.flatMap(({ jobs }) => jobs.map(({ credential }) => credential)),
    );
  });
});

function count(workflows: readonly DocumentWorkflow[]): number[] {
  const total = (key: 'jobs' | 'triggers' | 'edges'): number =>
    workflows.reduce((sum, workflow) => sum + workflow[key].length, 0);
  return [workflows.length, total('jobs'), total('triggers'), total('edges')];
}
