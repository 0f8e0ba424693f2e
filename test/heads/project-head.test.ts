import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HistoryService } from '../../src/gen/lightning/projects/v1/history_service_pb.ts';
import { VersionSource } from '../../src/gen/lightning/projects/v1/workflow_pb.ts';
import { EMPTY_HEAD } from '../../src/heads/head-query.ts';
import { headHash } from '../support/head-hash.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const projects = () => service.client(ProjectsService, service.admin);

async function head(projectId: string, workspace = false): Promise<string> {
  return (await projects().getProjectHead({ projectId, workspace })).headHash;
}

/** A workflow whose versions were recorded in this order, by whatever means. */
async function aWorkflow(projectId: string, hashes: readonly string[], deleted = false): Promise<string> {
  const [workflow] = await rows<{ id: string }>(
    service,
    `with workflow as (
       insert into workflows (project_id, name, deleted_at)
       values ($1, $2, case when $3 then now() end) returning id
     ), version as (
       insert into workflow_versions (workflow_id, hash, source, inserted_at)
       select id, hash, 'app', now() + place * interval '1 second'
       from workflow, unnest($4::text[]) with ordinality as given (hash, place)
     )
     select id from workflow`,
    [projectId, `flow ${randomUUID()}`, deleted, hashes],
  );
  return workflow?.id ?? '';
}

async function cachedHead(projectId: string): Promise<string | null> {
  const [row] = await rows<{ head_hash: string | null }>(
    service,
    'select head_hash from projects where id = $1',
    [projectId],
  );
  return row?.head_hash ?? null;
}

describe('GetProjectHead', () => {
  it('is the digest of an empty list while there is no version', async () => {
    const { id } = await aProject(service);
    await aWorkflow(id, []);
    expect(await head(id)).toBe(EMPTY_HEAD);
    expect(EMPTY_HEAD).toBe(headHash([]));
  });

  it('digests the latest version of each workflow, deleted ones included', async () => {
    const hash = fc.stringMatching(/^[0-9a-f]{12}$/);
    const workflow = fc.record({ hashes: fc.array(hash, { maxLength: 4 }), deleted: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(workflow, { maxLength: 5 }), async (workflows) => {
        const { id } = await aProject(service);
        const latest: [string, string][] = [];
        for (const { hashes, deleted } of workflows) {
          const workflowId = await aWorkflow(id, hashes, deleted);
          const last = hashes.at(-1);
          if (last !== undefined) latest.push([workflowId, last]);
        }
        expect(await head(id)).toBe(headHash(latest));
      }),
      { numRuns: 20 },
    );
  });

  it('takes the version of the greater id of two of the same moment', async () => {
    const { id } = await aProject(service);
    const workflowId = await aWorkflow(id, []);
    await rows(
      service,
      `insert into workflow_versions (id, workflow_id, hash, source, inserted_at) values
         ('00000000-0000-7000-8000-000000000002', $1, 'bbbbbbbbbbbb', 'app', '2026-01-01'),
         ('00000000-0000-7000-8000-000000000001', $1, 'aaaaaaaaaaaa', 'app', '2026-01-01')`,
      [workflowId],
    );
    expect(await head(id)).toBe(headHash([[workflowId, 'bbbbbbbbbbbb']]));
  });

  it('is what the row keeps, until the database forgets it', async () => {
    const { id } = await aProject(service);
    await rows(service, `update projects set head_hash = 'ffffffffffff' where id = $1`, [id]);
    expect(await head(id)).toBe('ffffffffffff');
    const workflowId = await aWorkflow(id, ['aaaaaaaaaaaa']);
    expect(await head(id)).toBe(headHash([[workflowId, 'aaaaaaaaaaaa']]));
  });

  it('is what the row remembers and GetProject shows, after a change and after the cache was emptied', async () => {
    const { id } = await aProject(service);
    const workflowId = await aWorkflow(id, ['aaaaaaaaaaaa']);
    expect(await cachedHead(id)).toBeNull();
    expect((await projects().getProject({ id })).project?.headHash).toBe(await head(id));

    const { headHash: recorded } = await service
      .client(HistoryService, service.admin)
      .recordWorkflowVersion({ workflowId, hash: 'bbbbbbbbbbbb', source: VersionSource.CLI });
    expect(recorded).toBe(headHash([[workflowId, 'bbbbbbbbbbbb']]));
    expect(await cachedHead(id)).toBe(recorded);
    expect(await head(id)).toBe(recorded);
    expect((await projects().getProject({ id })).project?.headHash).toBe(recorded);
  });

  it('of a workspace covers the project and its direct sandboxes, and nothing below', async () => {
    const { id: parentId } = await aProject(service);
    const { id: sandbox } = await aProject(service, {}, { parentId });
    const { id: below } = await aProject(service, {}, { parentId: sandbox });
    const pairs: [string, string][] = [
      [await aWorkflow(parentId, ['000000000001']), '000000000001'],
      [await aWorkflow(sandbox, ['000000000002']), '000000000002'],
      [await aWorkflow(below, ['000000000003']), '000000000003'],
    ];

    expect(await head(parentId, true)).toBe(headHash(pairs.slice(0, 2)));
    expect(await head(sandbox, true)).toBe(headHash(pairs.slice(1)));
    expect(await head(below, true)).toBe(await head(below));
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [sandbox]);
    expect(await head(parentId, true)).toBe(headHash(pairs.slice(0, 1)));
  });

  it.each([false, true])(
    'says NOT_FOUND when there is no such project (workspace: %s)',
    async (workspace) => {
      const projectId = randomUUID();
      expect(await refusal(projects().getProjectHead({ projectId, workspace }))).toMatchObject({
        code: 'NOT_FOUND',
        reason: 'PROJECT_NOT_FOUND',
      });
    },
  );

  it('takes an id in upper case', async () => {
    const { id } = await aProject(service);
    expect(await head(id.toUpperCase())).toBe(EMPTY_HEAD);
  });
});
