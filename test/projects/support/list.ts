import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Project } from '../../../src/gen/lightning/projects/v1/project_pb.ts';
import type { ListProjectsRequestSchema } from '../../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { rows } from '../../support/rows.ts';
import { ProjectsService, type TestService } from '../../support/service.ts';

export type Request = MessageInitShape<typeof ListProjectsRequestSchema>;

/** ListProjects by an internal service. */
export function list(service: TestService, request: Request) {
  return service.client(ProjectsService, service.admin).listProjects(request);
}

/** Everything, page by page; `between` runs after each page but the last. */
export async function listAll(
  service: TestService,
  request: Request,
  between?: () => Promise<unknown>,
): Promise<Project[]> {
  const found: Project[] = [];
  for (let pageToken = ''; ; ) {
    const page = await list(service, { ...request, pageToken });
    found.push(...page.projects);
    pageToken = page.nextPageToken;
    if (pageToken === '') return found;
    await between?.();
  }
}

/** A project as it is inserted past all rules. */
export interface Row {
  readonly name: string;
  readonly parent?: string;
  readonly insertedAt?: string;
  readonly updatedAt?: string;
  readonly history?: number;
  readonly scheduled?: boolean;
  readonly deleting?: boolean;
}

/** Projects that are told apart by more than CreateProject lets one say; their ids in the order given. */
export async function insert(service: TestService, projects: readonly Row[]): Promise<string[]> {
  const ids = projects.map(() => randomUUID());
  await rows(
    service,
    `insert into projects (id, name, parent_id, inserted_at, updated_at, history_retention_period,
       scheduled_deletion, deletion_started_at, head_hash)
     select id, name, parent_id, coalesce(inserted_at, now()), coalesce(updated_at, now()), history,
       case when scheduled then '2026-01-02T03:04:05Z'::timestamptz end, case when deleting then now() end,
       '4f53cda18c2b'
     from jsonb_to_recordset($1) as p (id uuid, name text, parent_id uuid, inserted_at timestamptz,
       updated_at timestamptz, history int, scheduled boolean, deleting boolean)`,
    [
      JSON.stringify(
        projects.map(({ name, parent, insertedAt, updatedAt, history, scheduled, deleting }, index) => ({
          id: ids[index],
          name,
          parent_id: parent,
          inserted_at: insertedAt,
          updated_at: updatedAt,
          history,
          scheduled,
          deleting,
        })),
      ),
    ],
  );
  return ids;
}

/** A prefix of its own keeps the tests of a file apart. */
export function prefix(): string {
  return `${randomUUID()}-`;
}

export function namesOf(projects: readonly Project[]): string[] {
  return projects.map(({ name }) => name);
}
