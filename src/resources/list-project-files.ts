import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { type PageKey, page, pageSize, readPageToken } from '../call/page-token.ts';
import type { Queries } from '../database/queries.ts';
import type {
  ListProjectFilesRequest,
  ListProjectFilesResponseSchema,
} from '../gen/lightning/projects/v1/resources_service_pb.ts';
import { projectFileMessage } from './project-file-message.ts';

/** Lists the files made for a project, the newest first unless the request says otherwise (list_project_files/2). */
export async function listProjectFiles(
  request: ListProjectFilesRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListProjectFilesResponseSchema>> {
  const size = pageSize(request);
  const projectId = request.projectId.toLowerCase();
  const direction = request.orderBy === 'inserted_at' ? 'asc' : 'desc';
  const list = ['ListProjectFiles', projectId, direction];
  const after = readPageToken(request, list, ['moment', 'uuid']);
  const found = await projectFilesPage(call.read, {
    projectId,
    direction,
    after,
    limit: size + 1,
  }).execute();
  const { rows, nextPageToken } = page(found, size, list, (row) => [row.inserted_at, row.id]);
  return { projectFiles: rows.map(projectFileMessage), nextPageToken };
}

/** What a page of a project's files depends on. */
export interface ProjectFilesPage {
  readonly projectId: string;
  readonly direction: 'asc' | 'desc';
  /** Moment and id of the last file before the page. */
  readonly after: PageKey | undefined;
  readonly limit: number;
}

/** A page of a project's files, in the order of the index on (project_id, inserted_at, id), or backwards. */
export function projectFilesPage(db: Queries, { projectId, direction, after, limit }: ProjectFilesPage) {
  const comparison = direction === 'asc' ? sql`>` : sql`<`;
  return db
    .selectFrom('project_files')
    .select([
      'id',
      'project_id',
      'created_by_id',
      'type',
      'path',
      'size',
      'status',
      'inserted_at',
      'updated_at',
    ])
    .where('project_id', '=', projectId)
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(inserted_at, id) ${comparison} (${after?.[0]}::timestamptz, ${after?.[1]}::uuid)`,
      ),
    )
    .orderBy('inserted_at', direction)
    .orderBy('id', direction)
    .limit(limit);
}
