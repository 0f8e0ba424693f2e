import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { anyProject } from './support/arbitrary-workflow.ts';
import { exportDocument, importDocument, newProject } from './support/documents.ts';
import { storedHashes } from './support/stored-hashes.ts';
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

  it('becomes any other one by a pruning import, and a second one changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(anyProject, anyProject, async (before, after) => {
        const projectId = await newProject(service, await written(before.header, before.workflows));
        const options = { projectId, prune: true, createMissingCredentials: true };
        const text = await written(after.header, after.workflows);

        const { created, updated, unchanged } = await importDocument(service, text, options);
        const touched = [created, updated, unchanged].reduce(
          (sum, counts) => sum + (counts?.workflows ?? 0),
          0,
        );
        expect(touched).toBe(after.workflows.length);

        const again = await importDocument(service, text, options);
        expect(again).toMatchObject({
          created: nothing,
          updated: nothing,
          deleted: nothing,
          unchanged: { workflows: after.workflows.length, collections: after.header.collections.length },
        });
        expect(await latestVersions(projectId)).toEqual(await storedHashes(service, projectId));
      }),
      { numRuns: 15 },
    );
  });
});

/** The hashes of the latest versions of a project's workflows, by id; without those that were deleted. */
async function latestVersions(projectId: string): Promise<Map<string, string>> {
  const found = await rows<{ id: string; hash: string }>(
    service,
    `select distinct on (w.id) w.id, v.hash from workflows w join workflow_versions v on v.workflow_id = w.id
     where w.project_id = $1 and w.deleted_at is null
     order by w.id, v.inserted_at desc, v.id desc`,
    [projectId],
  );
  return new Map(found.map(({ id, hash }) => [id, hash]));
}

const nothing = { workflows: 0, jobs: 0, triggers: 0, edges: 0, collections: 0, credentials: 0 };
