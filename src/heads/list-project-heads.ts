import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import type { Queries } from '../database/queries.ts';
import { toTimestamp } from '../database/timestamp.ts';
import type {
  ListProjectHeadsRequest,
  ListProjectHeadsResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { requireProject } from '../projects/project-query.ts';

/** Lists the history of a project's heads, the oldest first (`version_history` of a project). */
export async function listProjectHeads(
  request: ListProjectHeadsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListProjectHeadsResponseSchema>> {
  const size = pageSize(request);
  const projectId = request.projectId.toLowerCase();
  const list = ['ListProjectHeads', projectId];
  const [position = 0] = readPageToken(request, list, ['integer']) ?? [];
  const found = await headPage(call.read, projectId, size + 1, Number(position)).execute();
  if (found.length === 0) await requireProject(call.read, projectId);

  const { rows, nextPageToken } = page(found, size, list, (row) => [row.position]);
  return {
    heads: rows.map(({ hash, position, inserted_at }) => ({
      hash,
      position: BigInt(position),
      insertedAt: toTimestamp(inserted_at),
    })),
    nextPageToken,
  };
}

/** Heads after a position, read in the order of the primary key. */
export function headPage(db: Queries, projectId: string, limit: number, position = 0) {
  return db
    .selectFrom('project_heads')
    .select(['hash', 'position', 'inserted_at'])
    .where('project_id', '=', projectId)
    .where('position', '>', position)
    .orderBy('position')
    .limit(limit);
}
