import { HistoryService } from '../../../src/gen/lightning/projects/v1/history_service_pb.ts';
import { ProjectsService } from '../../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { VersionSource } from '../../../src/gen/lightning/projects/v1/workflow_pb.ts';
import { unknownId } from '../actors.ts';
import type { Transcript } from '../transcript.ts';

const { getProjectHead, appendProjectHead, listProjectHeads } = ProjectsService.method;
const { recordWorkflowVersion } = HistoryService.method;

const headHash = '0123456789ab';

export async function headCalls(calls: Transcript, projectId: string, workflowId: string): Promise<void> {
  const version = { workflowId, hash: 'ba9876543210', source: VersionSource.APP };
  await calls.answer('admin', recordWorkflowVersion, 'a new one', version);
  await calls.answer('admin', recordWorkflowVersion, 'the same again', version);
  await calls.refusal('admin', recordWorkflowVersion, 'INVALID_ARGUMENT BAD_HASH', 'not a hash', {
    ...version,
    hash: 'BA9876543210',
  });
  await calls.refusal('admin', recordWorkflowVersion, 'NOT_FOUND WORKFLOW_NOT_FOUND', 'of nothing', {
    ...version,
    workflowId: unknownId,
  });
  await calls.refusal(
    'owner',
    recordWorkflowVersion,
    'PERMISSION_DENIED SERVICE_REQUIRED',
    'as a person',
    version,
  );

  await calls.answer('viewer', getProjectHead, 'of a project', { projectId });
  await calls.answer('viewer', getProjectHead, 'of a workspace', { projectId, workspace: true });
  await calls.refusal('stranger', getProjectHead, 'NOT_FOUND PROJECT_NOT_FOUND', "somebody else's", {
    projectId,
  });

  const { currentHead } = await calls.answer('editor', appendProjectHead, 'a new one', {
    projectId,
    headHash,
  });
  await calls.answer('editor', appendProjectHead, 'the same again', {
    projectId,
    headHash,
    expectedHead: currentHead,
  });
  await calls.refusal('editor', appendProjectHead, 'INVALID_ARGUMENT BAD_HASH', 'not a hash', {
    projectId,
    headHash: 'short',
  });
  await calls.refusal('editor', appendProjectHead, 'ABORTED HEAD_MISMATCH', 'after another one', {
    projectId,
    headHash: 'aaaaaaaaaaaa',
    expectedHead: '',
  });
  await calls.refusal('viewer', appendProjectHead, 'PERMISSION_DENIED ROLE_REQUIRED', 'as a viewer', {
    projectId,
    headHash,
  });

  const page = { projectId, pageSize: 1 };
  const { nextPageToken: pageToken } = await calls.answer('viewer', listProjectHeads, 'the first page', page);
  await calls.answer('viewer', listProjectHeads, 'the next page', { ...page, pageToken });
  await calls.refusal('stranger', listProjectHeads, 'NOT_FOUND PROJECT_NOT_FOUND', "somebody else's", {
    projectId,
  });
}
