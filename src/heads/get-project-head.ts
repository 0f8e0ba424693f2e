import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { notFound } from '../call/failure.ts';
import type {
  GetProjectHeadRequest,
  GetProjectHeadResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { headHashes, workspaceHead } from './head-query.ts';

/**
 * The head of a project by its workflows' versions (compute_project_head_hash/1), or the head of the workspace that it
 * is the parent of. The first is kept on the project's row, which came with the question who may read it.
 */
export async function getProjectHead(
  { projectId, workspace }: GetProjectHeadRequest,
  call: Call,
): Promise<MessageInitShape<typeof GetProjectHeadResponseSchema>> {
  const id = projectId.toLowerCase();
  const headHash = workspace ? await workspaceHead(call.read, id) : await projectHead(call, id);
  if (headHash === undefined) throw notFound('project', id);
  return { headHash };
}

async function projectHead(call: Call, id: string): Promise<string | undefined> {
  const row = await call.access.project(id);
  if (row === undefined) return undefined;
  return row.head_hash ?? (await headHashes(call.read, [row.id])).get(row.id);
}
