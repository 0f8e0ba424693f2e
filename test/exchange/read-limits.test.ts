import { describe, expect, it } from 'vitest';
import { readDocument } from '../../src/exchange/read-document.ts';
import { READ_LIMITS } from '../../src/exchange/read-limits.ts';
import { brief, readText } from './support/read-text.ts';

/** The test's own time limit is what shows that it did not take long. */
async function expectRefusal(text: string, expected: string): Promise<void> {
  const { errors } = await readText(text);
  expect(brief(errors.slice(0, 1))).toEqual([expected]);
}

describe('a document that asks for too much is refused before it takes long:', () => {
  it('aliases that double each other', async () => {
    const levels = Array.from({ length: 30 }, (_, level) => {
      const items = level === 0 ? 'x' : `*l${level - 1}`;
      return `l${level}: &l${level} [${Array(9).fill(items).join(',')}]\n`;
    });
    await expectRefusal(`name: p\n${levels.join('')}workflows: *l29\n`, 'ALIASES_TOO_LARGE 8:10 l6.0');
  });

  it('a body that a hundred thousand aliases repeat', async () => {
    const job = `{name: a, adaptor: x, body: &b "${'x'.repeat(1000)}"}`;
    const others = Array.from({ length: 100_000 }, (_, index) => `      j${index}: {body: *b}\n`);
    await expectRefusal(
      `name: p\nworkflows:\n  w:\n    name: w\n    jobs:\n      a: ${job}\n${others.join('')}`,
      'TOO_MANY_TOKENS 58830:18 ',
    );
    const few = others.slice(0, 20_000).join('');
    await expectRefusal(
      `name: p\nworkflows:\n  w:\n    name: w\n    jobs:\n      a: ${job}\n${few}`,
      'ALIASES_TOO_LARGE 16767:18 workflows.w.jobs.j16760.body',
    );
  });

  it.each([
    ['brackets', `name: ${'['.repeat(1_000_000)}`, 'TOO_DEEP 1:71 '],
    ['dashes', `name:\n  ${'- '.repeat(1_000_000)}`, 'TOO_DEEP 2:131 '],
    [
      'mappings',
      Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
      'TOO_DEEP 65:67 ',
    ],
  ])('%s nested without end', async (_, text, expected) => {
    await expectRefusal(text, expected);
  });

  it.each([
    ['items', `name: [${'1,'.repeat(1_000_000)}1]`, 'TOO_MANY_TOKENS 1:666670 '],
    ['empty lines', `name: |+\n${'\n'.repeat(8_000_000)}`, 'TOO_MANY_TOKENS 8000002:1 '],
    ['comments', `name: p\n${'#\n'.repeat(1_000_000)}workflows: null\n`, 'TOO_MANY_TOKENS 333332:2 '],
  ])('%s without end', async (_, text, expected) => {
    await expectRefusal(text, expected);
  });

  it('a line without end', async () => {
    const length = READ_LIMITS.pieceLength + 1;
    await expectRefusal(`name: p\ndescription: ${'x'.repeat(length)}`, 'LINE_TOO_LONG 2:1 ');
  });

  it('a workflow of more than 16 MiB', async () => {
    const body = `          ${'x'.repeat(90)}\n`.repeat(170_000);
    await expectRefusal(
      `name: p\nworkflows:\n  w:\n    name: w\n    jobs:\n      a:\n        body: |\n${body}`,
      'PIECE_TOO_LARGE 3:1 ',
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
    await expectRefusal(`name: ${']'.repeat(1_000_000)}`, 'YAML_UNEXPECTED_TOKEN 1:7 name');
    await expectRefusal('%a b\n'.repeat(1_000_000), 'YAML_MISSING_CHAR 1001:4995001 ');
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
  it('are refused, with about the line', async () => {
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('name: p\ndescription: ');
      yield Buffer.from([0xff, 0x0a]);
    }
    const parts = await Array.fromAsync(readDocument(bytes()));
    expect(parts).toMatchObject([{ kind: 'problem', problem: { reason: 'NOT_UTF8', line: 1 } }]);
  });
});
