import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type Project,
  type ProjectSchema,
  RetentionPolicy,
} from '../../../src/gen/lightning/projects/v1/project_pb.ts';
import type { UpdateProjectRequestSchema } from '../../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { rows } from '../../support/rows.ts';
import { ProjectsService, type TestService } from '../../support/service.ts';

export type Fields = MessageInitShape<typeof ProjectSchema>;
export type Request = MessageInitShape<typeof UpdateProjectRequestSchema>;

/** UpdateProject, by an internal service unless somebody's token is given. */
export async function update(
  service: TestService,
  request: Request,
  token = service.admin,
): Promise<Project> {
  const { project } = await service.client(ProjectsService, token).updateProject(request);
  if (project === undefined) throw new Error('UpdateProject answered without a project');
  return project;
}

/** Updates what the mask names; without paths there is no mask. */
export function set(service: TestService, fields: Fields, ...paths: string[]): Promise<Project> {
  return update(service, { project: fields, ...(paths.length > 0 ? { updateMask: { paths } } : {}) });
}

/** The project as it is read, without its parent. */
export async function stored(service: TestService, id: string): Promise<Project | undefined> {
  const { projects } = await service.client(ProjectsService, service.admin).batchGetProjects({ ids: [id] });
  return projects[0];
}

/** The audit trail of a project behind its creation. */
export function changesOf(service: TestService, id: string) {
  return rows<{ kind: string; changes: unknown; actor_id: string | null }>(
    service,
    'select kind, changes, actor_id from audit_events where project_id = $1 order by id offset 1',
    [id],
  );
}

/** Every field that a caller may set, but for the name. */
export const full: Fields = {
  description: 'described',
  color: '#fff',
  env: 'staging',
  allowSupportAccess: true,
  requiresMfa: true,
  concurrency: 3,
  retentionPolicy: RetentionPolicy.RETAIN_WITH_ERRORS,
  historyRetentionPeriod: 90,
  dataclipRetentionPeriod: 30,
};
