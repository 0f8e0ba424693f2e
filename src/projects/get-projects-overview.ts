import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import { toOptionalTimestamp } from '../database/timestamp.ts';
import { Role } from '../gen/lightning/projects/v1/member_pb.ts';
import type {
  GetProjectsOverviewRequest,
  GetProjectsOverviewResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { roleNames } from '../members/member-message.ts';
import { latestChange, readViewer, userProjectsByDate, userProjectsByName } from './user-project-query.ts';

/** Lists a person's projects as rows of an overview, by name or by their latest change (get_projects_overview/2). */
export async function getProjectsOverview(
  request: GetProjectsOverviewRequest,
  call: Call,
): Promise<MessageInitShape<typeof GetProjectsOverviewResponseSchema>> {
  const size = pageSize(request);
  const byDate = request.orderBy.startsWith('last_updated_at');
  const direction = request.orderBy.endsWith(' desc') ? 'desc' : 'asc';
  const viewer = await readViewer(call, request.userId);
  const list = ['GetProjectsOverview', viewer.id, byDate, direction];
  const after = readPageToken(request, list, [byDate ? 'moment or null' : 'text', 'uuid']);
  const projects = byDate ? userProjectsByDate : userProjectsByName;
  const found = await call.read
    .selectFrom(projects(call.read, viewer, { direction, after, limit: size + 1 }).as('projects'))
    .select(['projects.id', 'projects.name', 'projects.role', latestChange.as('last_updated_at')])
    .select([collaborators.as('collaborators'), workflows.as('workflows')])
    .execute();
  const { rows, nextPageToken } = page(found, size, list, (row) => [
    byDate ? row.last_updated_at : row.name,
    row.id,
  ]);
  return {
    projects: rows.map((row) => ({
      id: row.id,
      name: row.name,
      role: row.role === null ? Role.UNSPECIFIED : roleNames.value(row.role),
      supportAccess: row.role === null,
      collaboratorsCount: row.collaborators,
      workflowsCount: row.workflows,
      lastUpdatedAt: toOptionalTimestamp(row.last_updated_at),
    })),
    nextPageToken,
  };
}

const collaborators = sql<number>`(select count(*)::int from project_users where project_id = projects.id)`;
const workflows = sql<number>`(
  select count(*)::int from workflows where project_id = projects.id and deleted_at is null
)`;
