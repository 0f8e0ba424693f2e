import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { importDocument, piecesOf, projectOf, streamDocument } from './support/documents.ts';
import { problemsOf } from './support/problems.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const ways = {
  ImportProject: (yaml: string) => importDocument(service, yaml),
  ImportProjectStream: (yaml: string) => streamDocument(service, piecesOf(yaml)),
};

const doubling = Array.from({ length: 30 }, (_, level) => {
  const items = level === 0 ? 'x' : `*l${level - 1}`;
  return `l${level}: &l${level} [${Array(9).fill(items).join(',')}]\n`;
}).join('');

const MEGABYTES = 1024 * 1024;

/** The tests' own time limit is what shows that none takes long. */
describe.each(Object.entries(ways))('%s ends quickly with a problem that has a place, given', (_, send) => {
  it.each([
    [
      'aliases that double each other',
      `name: p\n${doubling}workflows: *l29\n`,
      'ALIASES_TOO_LARGE 9:10 l7.0',
    ],
    ['brackets without end', `name: p\nworkflows: ${'['.repeat(1_000_000)}`, 'TOO_DEEP'],
    ['errors without end', `name: ${']'.repeat(1_000_000)}`, 'YAML_UNEXPECTED_TOKEN'],
    ['a name of hyphens', `name: A${'-'.repeat(200_000)}a\nworkflows:\n`, 'TOO_LONG 1:7 name'],
  ])('%s', async (_, yaml, expected) => {
    const [first] = await problemsOf(send(yaml));
    expect(first).toMatch(new RegExp(`^${expected}`));
    expect(first).toMatch(/ \d+:\d+ /);
  });

  it('a scalar of many megabytes, and imports it', async () => {
    const body = 'x'.repeat(15 * MEGABYTES);
    const answer = await send(
      `name: p\nworkflows: {w: {name: w, jobs: {j: {name: j, adaptor: x, body: ${body}}}}}\n`,
    );
    const [job] = await rows<{ length: number }>(
      service,
      `select length(body) from jobs where workflow_id in (select id from workflows where project_id = $1)`,
      [projectOf(answer)],
    );
    expect(job?.length).toBe(body.length);
  });
});

describe('a document above 16 MiB', () => {
  const body = `          ${'x'.repeat(90)}\n`.repeat(170_000);
  const yaml = `name: p\nworkflows:\n  w:\n    name: w\n    jobs:\n      j:\n        name: j\n        adaptor: x\n        body: |\n${body}`;

  it('does not come in one piece', async () => {
    const refused = await refusal(importDocument(service, 'x'.repeat(16 * MEGABYTES + 1)));
    expect(refused).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'VALIDATION_FAILED',
      fields: { yaml: 'MAX_BYTES' },
    });
  });

  it('comes in pieces, but no workflow of it may be so large', async () => {
    expect(await problemsOf(streamDocument(service, piecesOf(yaml, MEGABYTES)))).toEqual([
      'PIECE_TOO_LARGE 3:1 yaml',
    ]);
  });

  it('comes in pieces, but not on one line', async () => {
    const line = `name: p\ndescription: ${'x'.repeat(17 * MEGABYTES)}\n`;
    expect(await problemsOf(streamDocument(service, piecesOf(line, MEGABYTES)))).toEqual([
      'LINE_TOO_LONG 2:1 yaml',
    ]);
  });
});
