import { randomUUID } from 'node:crypto';
import type { Client } from '@connectrpc/connect';
import { parse } from 'yaml';
import { Role } from '../../../src/gen/lightning/projects/v1/member_pb.ts';
import type { Project } from '../../../src/gen/lightning/projects/v1/project_pb.ts';
import { aUser, ProjectsService, type TestService, type TestUser } from '../../support/service.ts';

/** A job as a test sketches it: its body, or more. */
export interface SketchedJob {
  readonly body: string;
  readonly adaptor?: string;
}

/** A workflow: jobs by name, types of triggers and whether they are enabled, edges as `source->target`. */
export interface SketchedWorkflow {
  readonly jobs: Readonly<Record<string, string | SketchedJob>>;
  readonly triggers?: Readonly<Record<string, boolean>>;
  readonly edges?: readonly string[];
}

/** A project's workflows by name; JSON is YAML as well. */
export type Sketch = Readonly<Record<string, SketchedWorkflow>>;

/** The document of a sketch. A workflow's key is its name, so that a renamed one is another one. */
export function documentOf(sketch: Sketch, collections: readonly string[] = []): string {
  const workflows = Object.entries(sketch).map(([name, { jobs, triggers = {}, edges = [] }]) => [
    name,
    {
      name,
      jobs: Object.fromEntries(
        Object.entries(jobs).map(([job, said]) => [
          job,
          {
            name: job,
            adaptor: '@openfn/language-common@3.0.0',
            ...(typeof said === 'string' ? { body: said } : said),
          },
        ]),
      ),
      triggers: Object.fromEntries(
        Object.entries(triggers).map(([type, enabled]) => [
          type,
          { type, enabled, ...(type === 'cron' ? { cron_expression: '5 4 * * *' } : {}) },
        ]),
      ),
      edges: Object.fromEntries(
        edges.map((edge) => {
          const [source = '', target = ''] = edge.split('->');
          const end = source in triggers ? { source_trigger: source } : { source_job: source };
          return [edge, { ...end, target_job: target, condition_type: 'always', enabled: true }];
        }),
      ),
    },
  ]);
  return JSON.stringify({
    name: 'sketched',
    collections: Object.fromEntries(collections.map((name) => [name, { name }])),
    workflows: Object.fromEntries(workflows),
  });
}

/** A project, a sandbox of it, and its owner, who may do everything with both. */
export interface Workspace {
  readonly owner: TestUser;
  readonly parent: string;
  readonly sandbox: string;
  readonly projects: Client<typeof ProjectsService>;
}

/** A project of a sketch with a sandbox, which is its working copy. */
export async function aWorkspace(
  service: TestService,
  sketch: Sketch,
  collections: readonly string[] = [],
): Promise<Workspace> {
  const owner = await aUser(service);
  const projects = service.client(ProjectsService, owner.token);
  const { project } = await service.client(ProjectsService, service.admin).createProject({
    project: { name: `parent-${randomUUID()}` },
    members: [{ userId: owner.id, role: Role.OWNER }],
    notify: false,
  });
  const parent = idOf(project);
  await projects.importProject({ projectId: parent, yaml: documentOf(sketch, collections) });
  const sandbox = await aSandbox(projects, parent);
  return { owner, parent, sandbox, projects };
}

export async function aSandbox(projects: Client<typeof ProjectsService>, parentId: string): Promise<string> {
  return idOf((await projects.provisionSandbox({ parentId, name: `s-${randomUUID()}` })).project);
}

/** Makes a project's workflows those of the sketch. */
export async function edit(
  { projects }: Pick<Workspace, 'projects'>,
  projectId: string,
  sketch: Sketch,
  collections: readonly string[] = [],
): Promise<void> {
  await projects.importProject({ projectId, yaml: documentOf(sketch, collections), prune: true });
}

/** What a project exports, as plain values; the line end that a block of YAML adds to a body is none of it. */
export async function exported(
  { projects }: Pick<Workspace, 'projects'>,
  projectId: string,
): Promise<{ name: string; collections: unknown; workflows: Readonly<Record<string, ExportedWorkflow>> }> {
  const chunks = await Array.fromAsync(projects.exportProject({ projectId }));
  const text = Buffer.concat(chunks.map(({ chunk }) => chunk)).toString();
  const { name, collections, workflows } = parse(text, (key: unknown, value: unknown) =>
    key === 'body' ? String(value).replace(/\n$/, '') : value,
  );
  return { name, collections, workflows: workflows ?? {} };
}

export interface ExportedWorkflow {
  readonly jobs: Readonly<Record<string, { readonly body: string }>> | null;
  readonly triggers: Readonly<Record<string, { readonly enabled: boolean }>> | null;
  readonly edges: Readonly<Record<string, unknown>> | null;
}

/** The workflows without what no merge touches: whether triggers are enabled. */
export function withoutEnabled(workflows: Readonly<Record<string, ExportedWorkflow>>): unknown {
  return Object.fromEntries(
    Object.entries(workflows).map(([key, workflow]) => [
      key,
      {
        ...workflow,
        triggers: Object.fromEntries(
          Object.entries(workflow.triggers ?? {}).map(([type, { enabled: _, ...rest }]) => [type, rest]),
        ),
      },
    ]),
  );
}

function idOf(project: Project | undefined): string {
  if (project === undefined) throw new Error('the service answered without a project');
  return project.id;
}
