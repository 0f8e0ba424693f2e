import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from '../support/service.ts';
import { anyProject } from './support/arbitrary-workflow.ts';
import { exportDocument, importDocument, newProject } from './support/documents.ts';
import { written } from './support/written.ts';

let service: TestService;
let elsewhere: TestService;
beforeAll(async () => {
  [service, elsewhere] = await Promise.all([startTestService(), startTestService()]);
});
afterAll(() => Promise.all([service.close(), elsewhere.close()]));

describe('any project', () => {
  it('is exported as it was imported, imported again elsewhere, and exported with the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(anyProject, async ({ header, workflows }) => {
        const text = await written(header, workflows);
        const projectId = await newProject(service, text);
        expect(await exportDocument(service, projectId)).toBe(text);

        const again = await importDocument(service, text, { projectId, prune: true });
        expect([again.created, again.updated, again.deleted].map((counts) => counts?.workflows)).toEqual([
          0, 0, 0,
        ]);
        expect(again.unchanged).toMatchObject({
          workflows: workflows.length,
          collections: header.collections.length,
          credentials: header.credentials.length,
        });

        const copy = await newProject(elsewhere, text);
        expect(await exportDocument(elsewhere, copy)).toBe(text);
      }),
      { numRuns: 25 },
    );
  });
});
