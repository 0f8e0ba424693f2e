import { describe, expect, it } from 'vitest';
import { readDocument } from '../../src/exchange/read-document.ts';
import { READ_LIMITS } from '../../src/exchange/read-limits.ts';
import { brief, readText } from './support/read-text.ts';

/** The test's own time limit is what shows that it did not take long. */
async function expectRefusal(text: string, reason: string): Promise<void> {
  const { errors } = await readText(text);
  expect(errors[0]?.reason).toBe(reason);
}

describe('a document that asks for too much is refused before it takes long:', () => {
  it('aliases that double each other', async () => {
    const levels = Array.from({ length: 30 }, (_, level) => {
      const items = level === 0 ? 'x' : `*l${level - 1}`;
      return `l${level}: &l${level} [${Array(9).fill(items).join(',')}]\n`;
    });
    await expectRefusal(`name: p\n${levels.join('')}workflows: *l29\n`, 'ALIASES_TOO_LARGE');
  });

  it('a long body that many aliases repeat', async () => {
    const job = `{name: a, adaptor: x, body: &b "${'x'.repeat(10_000)}"}`;
    const others = Array.from({ length: 2000 }, (_, index) => `      j${index}: {body: *b}\n`).join('');
    const text = `name: p\nworkflows:\n  w:\n    name: w\n    jobs:\n      a: ${job}\n${others}`;
    await expectRefusal(text, 'ALIASES_TOO_LARGE');
  });

  it.each([
    ['brackets', `name: ${'['.repeat(1_000_000)}`, 'TOO_DEEP'],
    ['dashes', `name:\n  ${'- '.repeat(1_000_000)}`, 'TOO_DEEP'],
    ['mappings', Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''), 'TOO_DEEP'],
  ])('%s nested without end', async (_, text, expected) => {
    await expectRefusal(text, expected);
  });

  it.each([
    ['items', `name: [${'1,'.repeat(1_000_000)}1]`, 'TOO_MANY_TOKENS'],
    ['empty lines', `name: |+\n${'\n'.repeat(1_000_001)}`, 'TOO_MANY_TOKENS'],
  ])('%s without end', async (_, text, expected) => {
    await expectRefusal(text, expected);
  });

  it('comments without end', async () => {
    const text = `name: p\n${'#\n'.repeat(100_000)}workflows: null\n`;
    const { errors } = await readText(text, { limits: { tokens: 200_000 } });
    expect(brief(errors)).toEqual([expect.stringMatching(/^TOO_MANY_TOKENS /)]);
  });

  it('a line without end', async () => {
    const length = READ_LIMITS.pieceLength + 1;
    await expectRefusal(`name: p\ndescription: ${'x'.repeat(length)}`, 'LINE_TOO_LONG');
  });

  it('a workflow of more than 16 MiB', async () => {
    const body = `          ${'x'.repeat(90)}\n`.repeat(170_000);
    await expectRefusal(
      `name: p\nworkflows:\n  w:\n    name: w\n    jobs:\n      a:\n        body: |\n${body}`,
      'PIECE_TOO_LARGE',
    );
  });

  it('more than 16 MiB in a style that has to be read as a whole', async () => {
    const body = `${'x'.repeat(100)}\n`.repeat(170_000);
    const text = JSON.stringify({ name: 'p', bodies: body.split('\n') }, null, 1);
    const { errors } = await readText(text);
    expect(brief(errors)).toEqual(['DOCUMENT_TOO_LARGE 1:1 ']);
    expect(errors[0]?.message).toContain('block style');
  });

  it('errors without end', async () => {
    await expectRefusal(`name: ${']'.repeat(1_000_000)}`, 'YAML_UNEXPECTED_TOKEN');
    await expectRefusal('%a b\n'.repeat(1_000_000), 'YAML_MISSING_CHAR');
  });

  it('entries and workflows without end', async () => {
    const limits = { rootEntries: 3, workflows: 2 };
    const entries = await readText('a: 1\nb: 1\nc: 1\nd: 1\n', { limits });
    expect(brief(entries.errors)).toEqual(['TOO_MANY_ENTRIES 4:1 d']);
    const workflows = await readText('workflows:\n  a: {name: a}\n  b: {name: b}\n  c: {name: c}\n', {
      limits,
    });
    expect(brief(workflows.errors)).toEqual(['TOO_MANY_WORKFLOWS 4:3 workflows.c']);
  });
});

describe('bytes that are no UTF-8', () => {
  const bad = Buffer.from([0xff]);
  const cut = Buffer.from('é').subarray(0, 1);
  const lines = Buffer.from('name: p\n# é \ufffd\n# c\n');

  it.each([
    ['in a later piece', [Buffer.from('name: p\ndescription: '), bad], 2],
    ['behind other lines of its piece', [Buffer.concat([lines, bad, lines])], 4],
    ['in the first line', [Buffer.concat([bad, lines, lines])], 1],
    ['behind a character that two pieces share', [cut, Buffer.from([0xa9, 0x0a, 0xff, 0x0a])], 2],
    ['behind a line that goes on', [lines, Buffer.from('# a'), Buffer.concat([lines, cut, lines])], 7],
    ['at the end, where a character is not whole', [lines, lines, cut], 7],
    ['behind a byte order mark', [Buffer.concat([Buffer.from('\ufeff'), lines, bad])], 4],
  ])('are refused, with the line, %s', async (_, pieces, line) => {
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield* pieces;
    }
    const parts = await Array.fromAsync(readDocument(bytes()));
    expect(parts).toMatchObject([{ kind: 'problem', problem: { reason: 'NOT_UTF8', line } }]);
  });
});
