import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Member } from '../../../src/gen/lightning/projects/v1/member_pb.ts';
import type { Project, ProjectSchema } from '../../../src/gen/lightning/projects/v1/project_pb.ts';
import type { CreateProjectRequestSchema } from '../../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { type Refusal, refusal } from '../../support/refusal.ts';
import { rows } from '../../support/rows.ts';
import { ProjectsService, type TestService } from '../../support/service.ts';

export type Fields = MessageInitShape<typeof ProjectSchema>;
export type Request = MessageInitShape<typeof CreateProjectRequestSchema>;

/** CreateProject, by an internal service unless somebody's token is given. */
export async function create(
  service: TestService,
  request: Request,
  token = service.admin,
): Promise<{ project: Project; members: Member[] }> {
  const { project, members } = await service.client(ProjectsService, token).createProject(request);
  if (project === undefined) throw new Error('CreateProject answered without a project');
  return { project, members };
}

/** The project that CreateProject makes of these fields; its name does not matter. */
export async function created(service: TestService, fields: Fields): Promise<Project> {
  return (await create(service, { project: { name: 'some-project', ...fields } })).project;
}

/** How CreateProject refuses these fields; it must. */
export function refused(service: TestService, fields: Fields): Promise<Refusal> {
  return refusal(created(service, fields));
}

export async function count(
  service: TestService,
  table: 'projects' | 'events' | 'idempotency_keys',
): Promise<number> {
  const [row] = await rows<{ count: number }>(service, `select count(*)::int as count from ${table}`);
  return row?.count ?? 0;
}
