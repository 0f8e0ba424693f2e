import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyLayout, anyLayoutWithWorkflowsLast } from './support/arbitrary-layout.ts';
import { readText } from './support/read-text.ts';

/** What is read as a whole, because an anchor at the root is nothing to split; its lines are the same. */
const asAWhole = (text: string): string => `--- &root\n${text}`;
const inParts = (text: string): string => `---\n${text}`;

describe('reading a document workflow by workflow', () => {
  it('gives what reading it as a whole gives, places included', async () => {
    await fc.assert(
      fc.asyncProperty(anyLayout, async (text) => {
        const whole = await readText(asAWhole(text));
        expect(whole.errors).toEqual([]);
        expect((await readText(inParts(text))).parts).toEqual(whole.parts);
      }),
      { numRuns: 1000 },
    );
  });

  it('does not depend on how the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(anyLayout, fc.integer({ min: 1, max: 40 }), async (text, chunkSize) => {
        expect((await readText(text, {}, chunkSize)).parts).toEqual((await readText(text)).parts);
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same when the document is too long to be held', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyLayoutWithWorkflowsLast,
        fc.integer({ min: 1, max: 40 }),
        async (text, chunkSize) => {
          const limits = { pieceLength: text.length - 1 };
          expect((await readText(text, { limits }, chunkSize)).parts).toEqual((await readText(text)).parts);
        },
      ),
      { numRuns: 200 },
    );
  });
});
