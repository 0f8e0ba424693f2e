import { Role } from '../../../src/gen/lightning/projects/v1/member_pb.ts';
import { ProjectsService } from '../../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { ownId, people, unknownId } from '../actors.ts';
import type { Transcript } from '../transcript.ts';

const { createSandbox, provisionSandbox, listSandboxes, getWorkspace, listDescendants, getRootProject } =
  ProjectsService.method;

export async function sandboxCalls(calls: Transcript, parentId: string): Promise<void> {
  const empty = { parentId, project: { name: 'an-empty-one' } };
  const { project } = await calls.answer('owner', createSandbox, 'an empty one', empty);
  const projectId = project?.id ?? '';
  await calls.answer('admin', createSandbox, 'of a sandbox, only to check', {
    parentId: projectId,
    project: { name: 'deeper' },
    validateOnly: true,
  });
  await calls.refusal('owner', createSandbox, 'ALREADY_EXISTS PROJECT_NAME_TAKEN', 'the same name', empty);
  await calls.refusal('editor', createSandbox, 'PERMISSION_DENIED ROLE_REQUIRED', 'as an editor', empty);
  await calls.refusal('owner', createSandbox, 'NOT_FOUND PROJECT_NOT_FOUND', 'of nothing', {
    ...empty,
    parentId: unknownId,
  });

  const copy = {
    parentId,
    name: 'a-working-copy',
    env: 'staging',
    collaborators: [{ userId: people.editor.id, role: Role.ADMIN }],
    requestId: ownId(30),
  };
  await calls.answer('owner', provisionSandbox, 'a working copy', copy);
  await calls.answer('owner', provisionSandbox, 'the same request again', copy);
  await calls.refusal('owner', provisionSandbox, 'ALREADY_EXISTS PROJECT_NAME_TAKEN', 'the same name', {
    ...copy,
    requestId: '',
  });
  await calls.refusal(
    'owner',
    provisionSandbox,
    'INVALID_ARGUMENT VALIDATION_FAILED',
    'with unknown dataclips',
    {
      parentId,
      name: 'with-data',
      dataclipIds: [unknownId],
    },
  );
  await calls.refusal('viewer', provisionSandbox, 'PERMISSION_DENIED ROLE_REQUIRED', 'as a viewer', {
    parentId,
    name: 'mine',
  });

  const page = { parentId, pageSize: 1 };
  const { nextPageToken: pageToken } = await calls.answer('viewer', listSandboxes, 'the first page', page);
  await calls.answer('viewer', listSandboxes, 'the next page', { ...page, pageToken });
  await calls.refusal('stranger', listSandboxes, 'NOT_FOUND PROJECT_NOT_FOUND', "somebody else's", {
    parentId,
  });

  await calls.answer('viewer', getWorkspace, 'all', { projectId: parentId });
  await calls.refusal('stranger', getWorkspace, 'NOT_FOUND PROJECT_NOT_FOUND', "somebody else's", {
    projectId,
  });
  await calls.answer('viewer', listDescendants, 'all', { projectId: parentId });
  await calls.answer('viewer', listDescendants, 'of the last one', { projectId });
  await calls.refusal('viewer', listDescendants, 'INVALID_ARGUMENT VALIDATION_FAILED', 'of nothing', {});
  await calls.answer('viewer', getRootProject, 'of a sandbox', { projectId });
  await calls.answer('viewer', getRootProject, 'of itself', { projectId: parentId });
  await calls.refusal('stranger', getRootProject, 'NOT_FOUND PROJECT_NOT_FOUND', "somebody else's", {
    projectId,
  });
}
