import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import type {
  DeleteProjectAsyncRequest,
  DeleteProjectAsyncResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { operationMessage } from '../operations/operation-message.ts';
import { holdOperation, startOperation } from '../operations/start-operation.ts';
import { beginDeletion } from './begin-deletion.ts';

/**
 * Begins what DeleteProject does and leaves the rest to an operation (delete_project_async/1). Begun at once: what was
 * checked, that there are no sandboxes and that nobody changed the project, then stays so.
 */
export async function deleteProjectAsync(
  request: DeleteProjectAsyncRequest,
  call: Call,
): Promise<MessageInitShape<typeof DeleteProjectAsyncResponseSchema>> {
  return await call.change(async (unit) => {
    await holdOperation(unit, 'delete_project', request.id);
    const { project } = await beginDeletion(unit, request);
    const order = { projectId: project.id, projectName: project.name };
    return { operation: operationMessage(await startOperation(unit, 'delete_project', order)) };
  });
}
