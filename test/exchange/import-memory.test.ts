import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestService, type TestService } from '../support/service.ts';
import { chain, piecesOf, projectDocument, streamDocument } from './support/documents.ts';
import { peakGrowth } from './support/live-memory.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  // What a first call compiles and caches is not what is measured.
  await streamDocument(service, piecesOf(projectDocument(chain('w', ['a']))));
});
afterAll(() => service.close());

/** Twice of what a thread that reads may hold back. */
const MEGABYTES = 32;

/** A document of so many workflows, each with a body of a megabyte. */
function* largeDocument(): Generator<Uint8Array> {
  const body = Buffer.from(`${' '.repeat(10)}${'// a long line'.padEnd(9_989, '.')}\n`.repeat(100));
  yield Buffer.from('name: large\nworkflows:\n');
  for (let index = 0; index < MEGABYTES; index += 1) {
    yield Buffer.from(
      `  w${index}:\n    name: w${index}\n    jobs:\n      a:\n        name: a\n        adaptor: x\n        body: |\n`,
    );
    yield body;
  }
}

it('memory does not grow with the document that is imported', async () => {
  const growth = await peakGrowth(() => streamDocument(service, largeDocument()));
  // A batch is at work, and some pieces are on their way.
  expect(growth).toBeLessThan((MEGABYTES * 1e6) / 2);
});
