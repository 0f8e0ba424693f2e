import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DocumentWorkflow } from '../../src/exchange/document.ts';
import { anyDocument } from './support/arbitrary-document.ts';
import { loadV1Document } from './support/v1-document.ts';
import { written } from './support/written.ts';

/** What may differ after a reading: one final newline of a body or condition, which is not content. */
function asRead(original: string, read: string | null | undefined): string {
  return `${read}\n` === original ? original.slice(0, -1) : original;
}

function workflowAsRead(original: DocumentWorkflow, read: DocumentWorkflow | undefined): DocumentWorkflow {
  return {
    ...original,
    jobs: original.jobs.map((job, index) => ({ ...job, body: asRead(job.body, read?.jobs[index]?.body) })),
    edges: original.edges.map((edge, index) => ({
      ...edge,
      conditionExpression:
        edge.conditionExpression === null
          ? null
          : asRead(edge.conditionExpression, read?.edges[index]?.conditionExpression),
    })),
  };
}

describe.each(['1.1', '1.2'] as const)('a written document, read as YAML %s', (version) => {
  it('holds the strings that went in, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(anyDocument, async ({ header, workflows }) => {
        const read = loadV1Document(await written(header, workflows), version);
        expect(read).toEqual({
          header,
          workflows: workflows.map((workflow, index) => workflowAsRead(workflow, read.workflows[index])),
        });
      }),
      { numRuns: 400 },
    );
  });

  it('gives the same bytes when it is written again', async () => {
    await fc.assert(
      fc.asyncProperty(anyDocument, async ({ header, workflows }) => {
        const text = await written(header, workflows);
        const read = loadV1Document(text, version);
        expect(await written(read.header, read.workflows)).toBe(text);
      }),
      { numRuns: 400 },
    );
  });
});
