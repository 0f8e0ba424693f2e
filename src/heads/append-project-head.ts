import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import type {
  AppendProjectHeadRequest,
  AppendProjectHeadResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { lockedProject } from '../projects/locked-project.ts';
import { appendHead, requireLastHead } from './append-head.ts';
import { requireHash } from './hash-rules.ts';

/**
 * Appends a head to a project's history (append_project_head/2, append_project_head!/2); with `expected_head`
 * only when that one is the last.
 */
export async function appendProjectHead(
  { projectId, headHash, expectedHead }: AppendProjectHeadRequest,
  call: Call,
): Promise<MessageInitShape<typeof AppendProjectHeadResponseSchema>> {
  requireHash('head_hash', headHash);
  return await call.change(async (unit) => {
    const { id } = await lockedProject(unit, projectId);
    if (expectedHead !== undefined) await requireLastHead(unit, id, expectedHead, headHash);
    const { appended, previous, current } = await appendHead(unit, id, headHash);
    if (appended) {
      const changes = { head_hash: { before: previous, after: headHash } };
      unit.record({ kind: 'head_appended', projectId: id, itemType: 'project', itemId: id, changes });
    }
    return { headHash, appended, currentHead: current };
  });
}
