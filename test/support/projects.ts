import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RoleName } from '../../src/call/permissions.ts';
import type { Project, ProjectSchema } from '../../src/gen/lightning/projects/v1/project_pb.ts';
import { roleNames } from '../../src/members/member-message.ts';
import { rows } from './rows.ts';
import { ProjectsService, type TestService, type TestUser } from './service.ts';

/** Who is what in a project; there is an owner as soon as there is anybody. */
export type Cast = { readonly [Role in RoleName]?: TestUser };

/** Creates a project as an internal service does; a test says only what matters to it. */
export async function aProject(
  service: TestService,
  cast: Cast = {},
  fields: MessageInitShape<typeof ProjectSchema> = {},
): Promise<Project> {
  const members = Object.entries(cast).map(([role, { id }]) => ({
    userId: id,
    // The keys of a Cast are names of roles.
    role: roleNames.value(role as RoleName),
  }));
  const { project } = await service
    .client(ProjectsService, service.admin)
    .createProject({ project: { name: `project-${randomUUID()}`, ...fields }, members, notify: false });
  if (project === undefined) throw new Error('CreateProject answered without a project');
  return project;
}

/**
 * A project of workflows w1, w2 and so on, each with one job, whose body is a megabyte: 1000 lines of 999 dots. Unlike
 * one that is imported it has no history.
 */
export async function aLargeProject(service: TestService, workflows: number): Promise<Project> {
  const project = await aProject(service);
  await rows(
    service,
    `with new as (
       insert into workflows (project_id, name) select $1, 'w' || n from generate_series(1, $2::int) n returning id
     )
     insert into jobs (workflow_id, name, adaptor, body)
     select id, 'job', 'x', repeat(repeat('.', 999) || E'\\n', 1000) from new`,
    [project.id, workflows],
  );
  return project;
}
