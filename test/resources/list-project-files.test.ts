import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProjectFileStatus } from '../../src/gen/lightning/projects/v1/project_file_pb.ts';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { expectPages, pagesOf } from '../support/pages.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, startTestService, type TestService } from '../support/service.ts';
import { ids, newestFirst, text } from './support/history.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const client = () => service.client(ResourcesService, service.admin);

/** Files that were asked for at these moments. */
async function filesAt(projectId: string, moments: readonly number[]): Promise<{ id: string; at: number }[]> {
  const made = moments.map((at) => ({ id: randomUUID(), at, inserted_at: text(at) }));
  await rows(
    service,
    `insert into project_files (id, project_id, type, inserted_at)
     select id, $1, 'archive', inserted_at
     from jsonb_to_recordset($2::jsonb) as row (id uuid, inserted_at timestamptz)`,
    [projectId, JSON.stringify(made)],
  );
  return made;
}

describe('ListProjectFiles', () => {
  it('shows all that is known of a file, and what it lacks as unset', async () => {
    const [{ id: projectId }, user] = [await aProject(service), await aUser(service)];
    await rows(
      service,
      `insert into project_files (project_id, created_by_id, type, path, size, status, inserted_at, updated_at)
       values ($1, $2, 'archive', 'exports/1.zip', 9007199254740993, 'completed', '1970-01-01 00:00:02Z',
           '1970-01-01 00:00:03Z'),
         ($1, null, 'archive', null, null, 'in_progress', '1970-01-01 00:00:01Z', default)`,
      [projectId, user.id],
    );

    const { projectFiles } = await client().listProjectFiles({ projectId });

    expect(projectFiles).toMatchObject([
      {
        projectId,
        createdById: user.id,
        type: 'archive',
        path: 'exports/1.zip',
        size: 9007199254740993n,
        status: ProjectFileStatus.COMPLETED,
        insertedAt: { seconds: 2n },
        updatedAt: { seconds: 3n },
      },
      { createdById: '', status: ProjectFileStatus.IN_PROGRESS },
    ]);
    expect([projectFiles[1]?.path, projectFiles[1]?.size]).toEqual([undefined, undefined]);
  });

  it.each(['', 'inserted_at desc', 'inserted_at'])(
    'sorts by the moment, order_by "%s", page by page',
    async (orderBy) => {
      const [{ id: projectId }, { id: other }] = [await aProject(service), await aProject(service)];
      const newest = ids(newestFirst(await filesAt(projectId, [3, 1, 2, 1, 1, 3, 2])));
      await filesAt(other, [1, 2]);

      for (const pageSize of [1, 2, 5, 100]) {
        const pages = await pagesOf(
          (pageToken) => client().listProjectFiles({ projectId, orderBy, pageSize, pageToken }),
          ({ projectFiles }) => ids(projectFiles),
        );
        expectPages(pages, pageSize, orderBy === 'inserted_at' ? newest.toReversed() : newest);
      }
    },
  );

  it('refuses an order that there is not, and a token when the order has changed', async () => {
    const { id: projectId } = await aProject(service);
    await filesAt(projectId, [1, 2]);
    const { nextPageToken: pageToken } = await client().listProjectFiles({ projectId, pageSize: 1 });

    expect(await refusal(client().listProjectFiles({ projectId, orderBy: 'size' }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { order_by: 'PATTERN' },
    });
    const changed = { projectId, pageToken, orderBy: 'inserted_at' };
    expect(await refusal(client().listProjectFiles(changed))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { page_token: expect.any(String) },
    });
  });
});
