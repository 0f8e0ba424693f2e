import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';
import {
  chain,
  newProject,
  piecesOf,
  projectDocument,
  projectOf,
  streamDocument,
} from './support/documents.ts';
import { peakGrowth } from './support/live-memory.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  // What a first call compiles and caches is not what is measured.
  await exportAway(await newProject(service, projectDocument(chain('w', ['a']))));
  await streamDocument(service, piecesOf(projectDocument(chain('w', ['a']))));
});
afterAll(() => service.close());

const MEGABYTES = 64;

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

/** Reads an export to its end and keeps nothing of it. */
async function exportAway(projectId: string): Promise<number> {
  let length = 0;
  const stream = service.client(ProjectsService, service.admin).exportProject({ projectId });
  for await (const { chunk } of stream) length += chunk.length;
  return length;
}

describe('memory does not grow with the document', () => {
  it('that is imported, nor with the one that is exported', async () => {
    let projectId = '';
    const byImport = await peakGrowth(async () => {
      projectId = projectOf(await streamDocument(service, largeDocument()));
    });
    console.log(byImport / 1e6);
    expect(byImport).toBeLessThan((MEGABYTES / 2) * 1e6);

    let length = 0;
    const byExport = await peakGrowth(async () => {
      length = await exportAway(projectId);
    });
    console.log(byExport / 1e6);
    expect(length).toBeGreaterThan(MEGABYTES * 1e6);
    expect(byExport).toBeLessThan((MEGABYTES / 4) * 1e6);
  }, 120_000);
});
