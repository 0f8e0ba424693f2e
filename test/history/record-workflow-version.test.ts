import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HistoryService } from '../../src/gen/lightning/projects/v1/history_service_pb.ts';
import { VersionSource } from '../../src/gen/lightning/projects/v1/workflow_pb.ts';
import { headHash } from '../support/head-hash.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const history = () => service.client(HistoryService, service.admin);
const hash = (number: number) => number.toString(16).padStart(12, '0');

async function aWorkflow(projectId: string): Promise<string> {
  const [workflow] = await rows<{ id: string }>(
    service,
    `insert into workflows (project_id, name) values ($1, 'flow') returning id`,
    [projectId],
  );
  return workflow?.id ?? '';
}

async function versions(workflowId: string): Promise<string[]> {
  const found = await rows<{ version: string }>(
    service,
    `select source || ':' || hash as version from workflow_versions
     where workflow_id = $1 order by inserted_at, id`,
    [workflowId],
  );
  return found.map(({ version }) => version);
}

describe('RecordWorkflowVersion', () => {
  it('records a version and answers with the new head', async () => {
    const { id: projectId } = await aProject(service);
    const workflowId = await aWorkflow(projectId);
    const answer = await history().recordWorkflowVersion({
      workflowId: workflowId.toUpperCase(),
      hash: hash(1),
      source: VersionSource.CLI,
    });

    expect(answer).toMatchObject({
      recorded: true,
      headHash: headHash([[workflowId, hash(1)]]),
      version: { workflowId, hash: hash(1), source: VersionSource.CLI },
    });
    expect(await versions(workflowId)).toEqual([`cli:${hash(1)}`]);
  });

  it('records nothing when the latest one is the same, and tells nobody', async () => {
    const { id: projectId } = await aProject(service);
    const request = { workflowId: await aWorkflow(projectId), hash: hash(1), source: VersionSource.APP };
    const first = await history().recordWorkflowVersion(request);
    expect(await history().recordWorkflowVersion(request)).toEqual({ ...first, recorded: false });

    const told = await rows(service, `select data from events where project_id = $1 and kind = $2`, [
      projectId,
      'workflow_version_recorded',
    ]);
    expect(told).toEqual([
      {
        data: {
          hash: { after: hash(1) },
          source: { after: 'app' },
          head_hash: { after: first.headHash },
        },
      },
    ]);
  });

  it('loses none of 50 that come at once from alternating sources', async () => {
    const { id: projectId } = await aProject(service);
    const workflowId = await aWorkflow(projectId);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        history().recordWorkflowVersion({
          workflowId,
          hash: hash(index),
          source: index % 2 === 0 ? VersionSource.APP : VersionSource.CLI,
        }),
      ),
    );

    expect(answers.every(({ recorded }) => recorded)).toBe(true);
    const kept = await versions(workflowId);
    const sources = kept.map((version) => version.slice(0, 3));
    // After the first version no two of the same source stand side by side: the earlier one was replaced.
    expect(sources.slice(1).filter((source, index) => source === sources[index + 2])).toEqual([]);
    const latest = kept.at(-1)?.slice(4) ?? '';
    expect(answers.map((answer) => answer.headHash)).toContain(headHash([[workflowId, latest]]));
  });

  it('names the acting user in the audit trail', async () => {
    const [actor, { id: projectId }] = [await aUser(service), await aProject(service)];
    const workflowId = await aWorkflow(projectId);
    const request = { workflowId, hash: hash(1), source: VersionSource.APP, actorUserId: actor.id };
    await history().recordWorkflowVersion(request);
    const trail = await rows(
      service,
      `select actor_id, item_type, project_id from audit_events where item_id = $1`,
      [workflowId],
    );
    expect(trail).toEqual([{ actor_id: actor.id, item_type: 'workflow', project_id: projectId }]);
  });

  it('refuses a bad hash, and a workflow that is unknown or deleted', async () => {
    const { id: projectId } = await aProject(service);
    const workflowId = await aWorkflow(projectId);
    const record = (fields: { workflowId?: string; hash?: string }) =>
      refusal(
        history().recordWorkflowVersion({ workflowId, hash: hash(1), source: VersionSource.APP, ...fields }),
      );

    expect(await record({ hash: 'xyz' })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'BAD_HASH',
      fields: { hash: 'must be 12 lowercase hex chars' },
    });
    const missing = { code: 'NOT_FOUND', reason: 'WORKFLOW_NOT_FOUND' };
    expect(await record({ workflowId: randomUUID() })).toMatchObject(missing);
    await rows(service, 'update workflows set deleted_at = now() where id = $1', [workflowId]);
    expect(await record({})).toMatchObject(missing);
    expect(await versions(workflowId)).toEqual([]);
  });
});
