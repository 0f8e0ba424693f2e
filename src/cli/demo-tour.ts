import { readFile } from 'node:fs/promises';
import type { Client } from '@connectrpc/connect';
import { DirectoryService } from '../gen/lightning/projects/v1/directory_service_pb.ts';
import type { ImportCounts } from '../gen/lightning/projects/v1/document_pb.ts';
import { Role } from '../gen/lightning/projects/v1/member_pb.ts';
import { MembersService } from '../gen/lightning/projects/v1/members_service_pb.ts';
import type { Project } from '../gen/lightning/projects/v1/project_pb.ts';
import { ProjectsService } from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { demoMerge } from './demo-merge.ts';
import { unifiedDiff } from './line-diff.ts';
import type { ServiceConnection } from './service-connection.ts';

/** Who acts in the demo; what it makes belongs to nobody else. */
const demoUser = { id: 'dec0de00-0000-4000-8000-000000000001', email: 'demo@example.org' };

const sampleFile = 'examples/sample-project.yaml';

type Projects = Client<typeof ProjectsService>;

/**
 * Imports the sample project, provisions a sandbox of it, shows both heads, both exports and how they differ, and merges
 * an edit of the sandbox. Running it again imports over the same project, which takes the merge back, and provisions one
 * more sandbox.
 *
 * @throws ConnectError with which the service refused a call
 */
export async function demoTour(connection: ServiceConnection, say: (line: string) => void): Promise<void> {
  const projects = connection.client(ProjectsService);

  say(`1. The acting user: ${demoUser.email}`);
  await connection.client(DirectoryService).upsertUsers({ users: [demoUser] });
  say(`   id ${demoUser.id}`);

  say(`2. Import of ${sampleFile}`);
  const project = await importSample(projects, connection.client(MembersService), say);

  say('3. A sandbox, as a working copy');
  const sandbox = await provision(projects, project);
  say(`   ${sandbox.name} ${sandbox.id}, owned by ${demoUser.email}, its triggers disabled`);

  say('4. Heads: what versions of which workflows each of them has');
  for (const { id, name } of [project, sandbox]) {
    const { headHash } = await projects.getProjectHead({ projectId: id });
    say(`   ${headHash} ${name}`);
  }

  say('5. Exports, streamed');
  const before = { name: project.name, text: await exported(projects, project, say) };
  const after = { name: sandbox.name, text: await exported(projects, sandbox, say) };

  say('6. What the sandbox changes');
  say(unifiedDiff(before, after));

  await demoMerge(projects, { project, sandbox, sandboxYaml: after.text, actorUserId: demoUser.id }, say);
}

async function importSample(
  projects: Projects,
  members: Client<typeof MembersService>,
  say: (line: string) => void,
): Promise<Project> {
  const yaml = await readFile(new URL(`../../${sampleFile}`, import.meta.url), 'utf8');
  const name = /^name: (.+)$/m.exec(yaml)?.[1] ?? '';
  const known = await ownProject(projects, members, name);
  const answer = await projects.importProject({
    yaml,
    projectId: known?.id ?? '',
    createMissingCredentials: true,
    actorUserId: demoUser.id,
  });
  const { project, created, updated, unchanged, warnings } = answer;
  if (project === undefined) throw new Error('the service answered an import without its project');
  say(`   ${project.name} ${project.id}${known === undefined ? '' : ', which an earlier demo made'}`);
  say(`   created ${counted(created)}; changed ${counted(updated)}; unchanged ${counted(unchanged)}`);
  for (const { line, message } of warnings) say(`   line ${line}: ${message}`);
  return project;
}

/** The project that an earlier demo made: by its name and owner, so that it is nobody else's. */
async function ownProject(
  projects: Projects,
  members: Client<typeof MembersService>,
  name: string,
): Promise<Project | undefined> {
  const { projects: found } = await projects.listProjects({ namePrefix: name, scheduledForDeletion: false });
  for (const project of found) {
    if (project.name !== name || project.parentId !== undefined) continue;
    const { role } = await members.getMemberRole({ projectId: project.id, userId: demoUser.id });
    if (role === Role.OWNER) return project;
  }
  return undefined;
}

async function provision(projects: Projects, { id: parentId }: Project): Promise<Project> {
  const { projects: sandboxes } = await projects.listSandboxes({ parentId, pageSize: 1000 });
  const taken = new Set(sandboxes.map(({ name }) => name));
  let number = 1;
  while (taken.has(`demo-sandbox-${number}`)) number += 1;
  const { project } = await projects.provisionSandbox({
    parentId,
    name: `demo-sandbox-${number}`,
    color: '#1f7a8c',
    env: 'demo',
    actorUserId: demoUser.id,
  });
  if (project === undefined) throw new Error('the service answered a provisioning without its sandbox');
  return project;
}

async function exported(
  projects: Projects,
  { id, name }: Project,
  say: (line: string) => void,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const { chunk } of projects.exportProject({ projectId: id })) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  say(`   ${bytes.length} bytes in ${chunks.length} chunks: ${name}`);
  return bytes.toString('utf8');
}

/** Such as `3 workflows, 11 jobs`; `nothing` where there is nothing to tell. */
function counted(counts: ImportCounts | undefined): string {
  if (counts === undefined) return 'nothing';
  const { workflows, jobs, triggers, edges, collections, credentials } = counts;
  const told = Object.entries({ workflows, jobs, triggers, edges, collections, credentials })
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`);
  return told.length === 0 ? 'nothing' : told.join(', ');
}
