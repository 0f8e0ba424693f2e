import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { invalidArgument, notFound } from '../call/failure.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type {
  RecordWorkflowVersionRequest,
  RecordWorkflowVersionResponseSchema,
} from '../gen/lightning/projects/v1/history_service_pb.ts';
import { requireHash } from '../heads/hash-rules.ts';
import { refreshHead } from '../heads/head-query.ts';
import { recordVersions } from '../heads/record-versions.ts';
import { versionMessage, versionSources } from '../heads/version-message.ts';
import { lockedProject } from '../projects/locked-project.ts';
import { readProject } from '../projects/project-query.ts';

/** Records a version of a workflow that was made elsewhere (WorkflowVersions.record_version/3). */
export async function recordWorkflowVersion(
  request: RecordWorkflowVersionRequest,
  call: Call,
): Promise<MessageInitShape<typeof RecordWorkflowVersionResponseSchema>> {
  const { hash } = request;
  requireHash('hash', hash);
  const source = versionSources.name(request.source);
  if (source === undefined)
    throw invalidArgument([{ field: 'source', description: 'is required', rule: 'REQUIRED' }]);
  const workflowId = request.workflowId.toLowerCase();

  return await call.change(async (unit) => {
    const { id: projectId } = await lockedProject(unit, await projectOf(unit, workflowId));
    const answer = (await recordVersions(unit, source, [{ workflowId, hash }])).get(workflowId);
    if (answer === undefined) throw notFound('workflow', workflowId);
    const { version, recorded } = answer;
    if (!recorded) {
      return {
        version: versionMessage(version),
        recorded,
        headHash: (await readProject(unit.db, projectId)).headHash,
      };
    }
    const headHash = await refreshHead(unit.db, projectId);
    const changes = { hash: { after: hash }, source: { after: source }, head_hash: { after: headHash } };
    unit.record({
      kind: 'workflow_version_recorded',
      projectId,
      itemType: 'workflow',
      itemId: workflowId,
      changes,
    });
    return { version: versionMessage(version), recorded, headHash };
  });
}

async function projectOf(unit: UnitOfWork, workflowId: string): Promise<string> {
  const row = await unit.db
    .selectFrom('workflows')
    .select('project_id')
    .where('id', '=', workflowId)
    .executeTakeFirst();
  if (row === undefined) throw notFound('workflow', workflowId);
  return row.project_id;
}
