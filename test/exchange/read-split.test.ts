import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../../src/exchange/read-document.ts';
import { anyLayout, anyLayoutWithWorkflowsLast } from './support/arbitrary-layout.ts';
import { brief, chunksOf, readText } from './support/read-text.ts';

/** What is read as a whole, because an anchor at the root is nothing to split; its lines are the same. */
const asAWhole = (text: string): string => `--- &root\n${text}`;
const inParts = (text: string): string => `---\n${text}`;

/** Something cut out of a text, something else put in. */
const damage = fc
  .record({
    at: fc.nat(2000),
    cut: fc.nat(3),
    put: fc.constantFrom(
      '',
      ' ',
      '\n',
      ':',
      '-',
      '"',
      "'",
      '{',
      '[',
      '#',
      '&a',
      '*a',
      '!x',
      '|',
      '\t',
      '? ',
      '---\n',
      '...\n',
    ),
  })
  .map(({ at, cut, put }) => (text: string): string => {
    const start = at % (text.length + 1);
    return text.slice(0, start) + put + text.slice(start + cut);
  });

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

  it('refuses whatever is refused as a whole, however a document is damaged', async () => {
    await fc.assert(
      fc.asyncProperty(anyLayout, fc.array(damage, { minLength: 1, maxLength: 3 }), async (text, edits) => {
        const damaged = edits.reduce((before, edit) => edit(before), text);
        // A second anchor at the root is refused only where there is the first one, which is this test's own.
        fc.pre(!/^\s*&a/.test(damaged));
        const whole = await readText(asAWhole(damaged));
        fc.pre(whole.errors.length > 0);
        expect((await readText(inParts(damaged))).errors).not.toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a list at its key’s depth', 'a:\n- 1\nname: p\n'],
    ['an end of braces at its key’s depth', 'workflows: {\n}\nname: p\ncollections: [\n]\n'],
    ['an anchor before a key', 'name: p\nworkflows:\n  &a w:\n    name: w\n'],
    ['an explicit key', 'name: p\nworkflows:\n  ? w\n  :\n    name: w\n'],
    ['a quoted key', '"na\\u006de": p\n"w\\x6frkflows":\n  w:\n    name: w\n'],
    ['an indented root', '  name: p\n  workflows:\n    w:\n      name: w\n'],
    ['a byte order mark', '\ufeffname: p\nworkflows:\n  w:\n    name: w\n'],
    ['a directive', '%YAML 1.1\n---\nname: p\nworkflows:\n  w:\n    name: w\n'],
    ['a root on the line of its start', '--- {name: p, workflows: {w: {name: w}}}\n'],
  ])('reads %s', async (_, text) => {
    const read = await readText(text);
    expect(read.errors).toEqual([]);
    expect(read.project?.name).toBe('p');
  });

  it('takes no more of a document than it needs for the next workflow', async () => {
    const workflow = (index: number): string =>
      `  w${index}:\n    name: w${index}\n    x: |\n${'      abc\n'.repeat(100)}`;
    let sent = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      const texts = ['name: p\nworkflows:\n', ...Array.from({ length: 200 }, (_, index) => workflow(index))];
      for (const text of texts) {
        sent += text.length;
        yield new TextEncoder().encode(text);
      }
    }
    const pieceLength = 5000;
    let ahead = 0;
    let read = 0;
    for await (const part of readDocument(source(), { limits: { pieceLength } })) {
      if (part.kind !== 'workflow') continue;
      read += workflow(0).length;
      ahead = Math.max(ahead, sent - read);
    }
    expect(sent).toBeGreaterThan(20 * pieceLength);
    expect(ahead).toBeLessThan(3 * pieceLength);
  });

  it('lets go of the source when nobody wants the rest', async () => {
    let isClosed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield* chunksOf(`name: p\nworkflows:\n${'  w: {name: w}\n'.repeat(100)}`, 100);
      } finally {
        isClosed = true;
      }
    }
    for await (const part of readDocument(source(), { limits: { pieceLength: 300 } })) {
      if (part.kind === 'workflow') break;
    }
    expect(isClosed).toBe(true);
  });

  it('wants the header of a long document before its workflows', async () => {
    const workflows = Array.from({ length: 50 }, (_, index) => `  w${index}: {name: w${index}}\n`).join('');
    const text = `workflows:\n${workflows}name: p\nchannels: {a: b}\n`;
    const read = await readText(text, { limits: { pieceLength: 500 } }, 100);
    expect(brief(read.errors)).toEqual(['HEADER_TOO_LATE 52:1 name']);
    expect(brief(read.warnings)).toEqual(['UNKNOWN_KEY 53:1 channels']);
    expect((await readText(text)).project?.name).toBe('p');
  });
});
