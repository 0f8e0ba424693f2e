import { randomUUID } from 'node:crypto';
import type { Client } from '@connectrpc/connect';
import { HistoryService } from '../../src/gen/lightning/projects/v1/history_service_pb.ts';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { VersionSource } from '../../src/gen/lightning/projects/v1/workflow_pb.ts';
import { refusal } from '../support/refusal.ts';
import { DirectoryService, MembersService, ProjectsService, type TestService } from '../support/service.ts';

/** Whom a method let through: y, or how it was refused: n PERMISSION_DENIED, - NOT_FOUND, ! UNAUTHENTICATED. */
export type Outcome = 'y' | 'n' | '-' | '!';

/** The services as one caller reaches them. */
interface Clients {
  readonly projects: Client<typeof ProjectsService>;
  readonly members: Client<typeof MembersService>;
  readonly resources: Client<typeof ResourcesService>;
  readonly directory: Client<typeof DirectoryService>;
  readonly history: Client<typeof HistoryService>;
}

type Request = (clients: Clients, projectId: string) => Promise<unknown>;

/** Two owners, which no set of members may have: a refusal that comes after the one in question. */
const twoOwners = [randomUUID(), randomUUID()].map((userId) => ({ userId, role: Role.OWNER }));
const user = { id: randomUUID(), email: 'twice@example.org' };
const yaml = 'name: imported\nworkflows: {}\n';

/** For each method a request about one project that changes nothing, whoever sends it. */
export const requests: Readonly<Record<string, Request>> = {
  CreateProject: ({ projects }) => projects.createProject({ project: { name: 'new' }, validateOnly: true }),
  'CreateProject below it': ({ projects }, parentId) =>
    projects.createProject({ project: { name: 'new', parentId }, validateOnly: true }),
  GetProject: ({ projects }, id) => projects.getProject({ id }),
  BatchGetProjects: async ({ projects }, id) => {
    const { missingIds } = await projects.batchGetProjects({ ids: [id] });
    return missingIds.length > 0 ? MISSING : undefined;
  },
  ListProjects: ({ projects }) => projects.listProjects({ pageSize: 1 }),
  UpdateProject: ({ projects }, id) =>
    projects.updateProject({ project: { id, name: 'x' }, validateOnly: true }),
  CreateSandbox: ({ projects }, parentId) =>
    projects.createSandbox({ parentId, project: { name: 'new' }, members: twoOwners, validateOnly: true }),
  ProvisionSandbox: ({ projects }, parentId) =>
    projects.provisionSandbox({ parentId, name: 'new', collaborators: [{ userId: randomUUID() }] }),
  ListSandboxes: ({ projects }, parentId) => projects.listSandboxes({ parentId }),
  GetWorkspace: ({ projects }, projectId) => projects.getWorkspace({ projectId }),
  ListDescendants: ({ projects }, projectId) => projects.listDescendants({ projectId }),
  GetRootProject: ({ projects }, projectId) => projects.getRootProject({ projectId }),
  GetProjectHead: ({ projects }, projectId) => projects.getProjectHead({ projectId }),
  AppendProjectHead: ({ projects }, projectId) => projects.appendProjectHead({ projectId, headHash: 'none' }),
  ListProjectHeads: ({ projects }, projectId) => projects.listProjectHeads({ projectId }),
  ExportProject: ({ projects }, projectId) => Array.fromAsync(projects.exportProject({ projectId })),
  'ImportProject into it': ({ projects }, projectId) =>
    projects.importProject({ projectId, yaml, validateOnly: true }),
  'ImportProject as a new one': ({ projects }) => projects.importProject({ yaml, validateOnly: true }),
  AddMembers: ({ members }, projectId) =>
    members.addMembers({ projectId, members: [{ userId: randomUUID() }] }),
  ListMembers: ({ members }, projectId) => members.listMembers({ projectId }),
  GetMemberRole: ({ members }, projectId) => members.getMemberRole({ projectId, userId: randomUUID() }),
  CheckMembership: ({ members }, projectId) => members.checkMembership({ projectId, userId: randomUUID() }),
  ListWorkflows: ({ resources }, projectId) => resources.listWorkflows({ projectId }),
  UpsertUsers: ({ directory }) => directory.upsertUsers({ users: [user, user] }),
  BatchGetUsers: ({ directory }) => directory.batchGetUsers({ ids: [user.id] }),
  UpsertCredentials: ({ directory }) =>
    directory.upsertCredentials({
      credentials: [{ id: user.id, userId: user.id, name: 'x', schema: 'raw' }],
    }),
  RecordWorkflowVersion: ({ history }) =>
    history.recordWorkflowVersion({ workflowId: user.id, hash: 'none', source: VersionSource.APP }),
};

const MISSING = Symbol('missing');

/** Sends the method's request about a project with a token and tells how it was received. */
export async function outcome(
  service: TestService,
  method: string,
  projectId: string,
  token: string | undefined,
): Promise<Outcome> {
  const request = requests[method];
  if (request === undefined) throw new Error(`there is no request for ${method}`);
  const clients = {
    projects: service.client(ProjectsService, token),
    members: service.client(MembersService, token),
    resources: service.client(ResourcesService, token),
    directory: service.client(DirectoryService, token),
    history: service.client(HistoryService, token),
  };
  try {
    return (await request(clients, projectId)) === MISSING ? '-' : 'y';
  } catch (error) {
    return symbolOf(await refusal(Promise.reject(error)));
  }
}

function symbolOf({
  code,
  reason,
  message,
}: {
  code: string;
  reason: string | undefined;
  message: string;
}): Outcome {
  switch (code) {
    case 'UNAUTHENTICATED':
      return '!';
    case 'PERMISSION_DENIED':
      return 'n';
    case 'NOT_FOUND':
      return '-';
    case 'UNKNOWN':
    case 'INTERNAL':
    case 'UNIMPLEMENTED':
      throw new Error(`${code} ${reason}: ${message}`);
    default:
      return 'y';
  }
}
