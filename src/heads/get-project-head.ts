import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { notFound } from '../call/failure.ts';
import type {
  GetProjectHeadRequest,
  GetProjectHeadResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { headHashes, workspaceHead } from './head-query.ts';

/**
 * Computes the head of a project from its workflows' versions (compute_project_head_hash/1), or the head of
 * the workspace that it is the parent of. Always computed, whatever the project's row remembers.
 */
export async function getProjectHead(
  { projectId, workspace }: GetProjectHeadRequest,
  call: Call,
): Promise<MessageInitShape<typeof GetProjectHeadResponseSchema>> {
  const id = projectId.toLowerCase();
  const headHash = workspace
    ? await workspaceHead(call.read, id)
    : (await headHashes(call.read, [id])).get(id);
  if (headHash === undefined) throw notFound('project', id);
  return { headHash };
}
