import { describe, expect, it } from 'vitest';
import type { DocumentHeader, DocumentWorkflow } from '../../src/exchange/document.ts';
import { credentialKey, documentKey, edgeKeys, triggerKeys } from '../../src/exchange/write-keys.ts';
import { readSample, withoutTrailingBlankLines } from './support/samples.ts';
import { loadV1Document } from './support/v1-document.ts';
import { written } from './support/written.ts';

/** The same document with every key computed anew from names and ends, as an export computes them. */
function withComputedKeys(document: { header: DocumentHeader; workflows: readonly DocumentWorkflow[] }) {
  const { header, workflows } = document;
  return {
    header: {
      ...header,
      collections: header.collections.map((entry) => ({ ...entry, key: documentKey(entry.name) })),
      credentials: header.credentials.map((entry) => ({
        ...entry,
        key: credentialKey(entry.owner, entry.name),
      })),
    },
    workflows: workflows.map((workflow) => {
      const ends = edgeKeys(
        workflow.edges.map((edge) => ({
          source: edge.sourceTrigger ?? edge.sourceJob ?? '',
          target: edge.targetJob,
        })),
      );
      const types = triggerKeys(workflow.triggers.map(({ type }) => type));
      return {
        ...workflow,
        key: documentKey(workflow.name),
        jobs: workflow.jobs.map((job) => ({ ...job, key: documentKey(job.name) })),
        triggers: workflow.triggers.map((trigger, index) => ({ ...trigger, key: types[index] ?? '' })),
        edges: workflow.edges.map((edge, index) => ({ ...edge, key: ends[index] ?? '' })),
      };
    }),
  };
}

async function rewritten(text: string): Promise<string> {
  const { header, workflows } = withComputedKeys(loadV1Document(text));
  return written(header, workflows);
}

describe('real exports of the present generation', () => {
  it('come back byte for byte', async () => {
    const text = readSample('lightning-canonical-project-v1.yaml');
    expect(await rewritten(text)).toBe(text);
  });

  it.each([
    'openfn-cht-dhis2-spec.yaml',
    'openfn-grassroot-soccer-18cadb7c-spec.yaml',
    'openfn-primero-progres-spec.yaml',
  ])('come back but for blank lines at the end of a block: %s', async (name) => {
    const text = readSample(name);
    expect(await rewritten(text)).toBe(withoutTrailingBlankLines(text));
  });

  it.each([
    'lightning-canonical-project-v1.yaml',
    'openfn-cht-dhis2-spec.yaml',
    'openfn-grassroot-soccer-18cadb7c-spec.yaml',
    'openfn-primero-progres-spec.yaml',
    'openfn-workflow-templates-projectSpec.yaml',
    'midigofrank-openfn-spec.yaml',
  ])('give the same bytes a second time: %s', async (name) => {
    const once = await rewritten(readSample(name));
    expect(await rewritten(once)).toBe(once);
  });
});
