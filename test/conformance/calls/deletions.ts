import { ProjectsService } from '../../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { unknownId } from '../actors.ts';
import type { Transcript } from '../transcript.ts';

const {
  createSandbox,
  validateProjectDeletion,
  scheduleProjectDeletion,
  cancelProjectDeletion,
  deleteProject,
  deleteProjectAsync,
} = ProjectsService.method;

/** The end of sandboxes that they make below the project, which itself stays. Answers with an operation. */
export async function deletionCalls(calls: Transcript, parentId: string): Promise<string> {
  const { project: first } = await calls.answer('owner', createSandbox, 'to be deleted', {
    parentId,
    project: { name: 'to-be-deleted' },
  });
  const id = first?.id ?? '';
  const { project: below } = await calls.answer('owner', createSandbox, 'below it', {
    parentId: id,
    project: { name: 'below-it' },
  });
  const belowId = below?.id ?? '';

  await calls.answer('owner', validateProjectDeletion, 'the name', { id, nameConfirmation: 'to-be-deleted' });
  await calls.refusal(
    'owner',
    validateProjectDeletion,
    'INVALID_ARGUMENT VALIDATION_FAILED',
    'another name',
    { id, nameConfirmation: 'To be deleted' },
  );

  await calls.answer('owner', scheduleProjectDeletion, 'only to check', { id, validateOnly: true });
  await calls.answer('owner', scheduleProjectDeletion, 'with what is below', { id });
  await calls.answer('owner', scheduleProjectDeletion, 'again', { id });
  await calls.refusal('viewer', scheduleProjectDeletion, 'PERMISSION_DENIED ROLE_REQUIRED', 'as a viewer', {
    id: parentId,
  });
  await calls.refusal('owner', scheduleProjectDeletion, 'ABORTED ETAG_MISMATCH', 'an old version', {
    id,
    etag: '"old"',
  });
  await calls.refusal(
    'owner',
    cancelProjectDeletion,
    'FAILED_PRECONDITION PARENT_PENDING_DELETION',
    'below what waits',
    { id: belowId },
  );
  await calls.answer('owner', cancelProjectDeletion, 'with the triggers', { id, restoreTriggers: true });

  await calls.refusal('owner', deleteProject, 'FAILED_PRECONDITION HAS_SANDBOXES', 'with sandboxes', { id });
  await calls.refusal('stranger', deleteProject, 'NOT_FOUND PROJECT_NOT_FOUND', "somebody else's", { id });
  await calls.answer('owner', deleteProject, 'a project', { id, force: true });
  await calls.refusal('owner', deleteProject, 'NOT_FOUND PROJECT_NOT_FOUND', 'again', { id });

  const { project: last } = await calls.answer('owner', createSandbox, 'to be deleted later', {
    parentId,
    project: { name: 'to-be-deleted-later' },
  });
  const { operation } = await calls.answer('owner', deleteProjectAsync, 'a project', { id: last?.id ?? '' });
  await calls.refusal('owner', deleteProjectAsync, 'NOT_FOUND PROJECT_NOT_FOUND', 'nothing', {
    id: unknownId,
  });
  return operation?.id ?? '';
}
