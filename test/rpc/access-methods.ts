import { randomUUID } from 'node:crypto';
import type { Client } from '@connectrpc/connect';
import { decodeJwt } from 'jose';
import { HistoryService } from '../../src/gen/lightning/projects/v1/history_service_pb.ts';
import { DigestFrequency, Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { VersionSource } from '../../src/gen/lightning/projects/v1/workflow_pb.ts';
import { refusal } from '../support/refusal.ts';
import { DirectoryService, MembersService, ProjectsService, type TestService } from '../support/service.ts';

/**
 * Whom a method let through: y, or how it was refused: n PERMISSION_DENIED, - no such project, ! UNAUTHENTICATED.
 */
export type Outcome = 'y' | 'n' | '-' | '!';

/** The services as one caller reaches them. */
interface Clients {
  readonly projects: Client<typeof ProjectsService>;
  readonly members: Client<typeof MembersService>;
  readonly resources: Client<typeof ResourcesService>;
  readonly directory: Client<typeof DirectoryService>;
  readonly history: Client<typeof HistoryService>;
}

/** `self` is the caller's id; of nobody in particular when the caller is no person. */
type Request = (clients: Clients, projectId: string, self: string) => Promise<unknown>;

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
  'ListUserProjects, own': ({ projects }) => projects.listUserProjects({}),
  "ListUserProjects, others'": ({ projects }) => projects.listUserProjects({ userId: randomUUID() }),
  'GetProjectsOverview, own': ({ projects }) => projects.getProjectsOverview({}),
  "GetProjectsOverview, others'": ({ projects }) => projects.getProjectsOverview({ userId: randomUUID() }),
  'GetFirstUserProject, own': ({ projects }) => projects.getFirstUserProject({}),
  "GetFirstUserProject, others'": ({ projects }) => projects.getFirstUserProject({ userId: randomUUID() }),
  UpdateProject: ({ projects }, id) =>
    projects.updateProject({ project: { id, name: 'x' }, validateOnly: true }),
  GetDataclipPolicy: ({ projects }, projectId) => projects.getDataclipPolicy({ projectId }),
  ValidateProjectDeletion: ({ projects }, id) =>
    projects.validateProjectDeletion({ id, nameConfirmation: 'Another' }),
  ScheduleProjectDeletion: ({ projects }, id) => projects.scheduleProjectDeletion({ id, validateOnly: true }),
  CancelProjectDeletion: ({ projects }, id) => projects.cancelProjectDeletion({ id, etag: '"old"' }),
  DeleteProject: ({ projects }, id) => projects.deleteProject({ id, etag: '"old"' }),
  DeleteProjectAsync: ({ projects }, id) => projects.deleteProjectAsync({ id, etag: '"old"' }),
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
  'ListAuditEvents of it': ({ projects }, projectId) => projects.listAuditEvents({ projectId, pageSize: 1 }),
  'ListAuditEvents of all': ({ projects }) => projects.listAuditEvents({ pageSize: 1 }),
  ExportProject: ({ projects }, projectId) => Array.fromAsync(projects.exportProject({ projectId })),
  'ImportProject into it': ({ projects }, projectId) =>
    projects.importProject({ projectId, yaml, validateOnly: true }),
  'ImportProject as a new one': ({ projects }) => projects.importProject({ yaml, validateOnly: true }),
  CompareProjects: ({ projects }, id) => projects.compareProjects({ sourceId: id, targetId: id }),
  MergeSandbox: ({ projects }, id) => projects.mergeSandbox({ sandboxId: id, targetId: id }),
  AddMembers: ({ members }, projectId) =>
    members.addMembers({ projectId, members: [{ userId: randomUUID() }] }),
  'UpdateMember, a role': ({ members }, projectId) =>
    members.updateMember({ member: { projectId, userId: randomUUID(), role: Role.VIEWER } }),
  "UpdateMember, one's own": ({ members }, projectId, userId) =>
    members.updateMember({ member: { projectId, userId, digest: DigestFrequency.NEVER } }),
  "UpdateMember, another's": ({ members }, projectId) =>
    members.updateMember({ member: { projectId, userId: randomUUID(), digest: DigestFrequency.DAILY } }),
  RemoveMember: ({ members }, projectId) => members.removeMember({ projectId, userId: randomUUID() }),
  GetMember: ({ members }, projectId) => members.getMember({ projectId, userId: randomUUID() }),
  ListMembers: ({ members }, projectId) => members.listMembers({ projectId }),
  GetMemberRole: ({ members }, projectId) => members.getMemberRole({ projectId, userId: randomUUID() }),
  CheckMembership: ({ members }, projectId) => members.checkMembership({ projectId, userId: randomUUID() }),
  InviteCollaborators: ({ members }, projectId) =>
    members.inviteCollaborators({ projectId, collaborators: [{ email: user.email }, { email: user.email }] }),
  AcceptInvitation: ({ members }) => members.acceptInvitation({ token: 'none' }),
  ListAdminEmails: ({ members }, projectId) => members.listAdminEmails({ projectId }),
  ListTriggerFailureRecipients: ({ members }, projectId) =>
    members.listTriggerFailureRecipients({ projectId }),
  TransferOwnership: ({ members }, projectId) =>
    members.transferOwnership({ projectId, userId: randomUUID() }),
  ListWorkflows: ({ resources }, projectId) => resources.listWorkflows({ projectId }),
  ListJobs: ({ resources }, projectId) => resources.listJobs({ projectId }),
  ListTriggers: ({ resources }, projectId) => resources.listTriggers({ projectId }),
  ListEdges: ({ resources }, projectId) => resources.listEdges({ projectId }),
  ListWorkOrders: ({ resources }, projectId) => resources.listWorkOrders({ projectId }),
  ListRuns: ({ resources }, projectId) => resources.listRuns({ projectId }),
  ListRunSteps: ({ resources }, projectId) => resources.listRunSteps({ projectId }),
  ListSteps: ({ resources }, projectId) => resources.listSteps({ projectId }),
  ListDataclips: ({ resources }, projectId) => resources.listDataclips({ projectId }),
  ListProjectCredentials: ({ resources }, projectId) => resources.listProjectCredentials({ projectId }),
  GetProjectCredential: ({ resources }, projectId) =>
    resources.getProjectCredential({ projectId, credentialId: randomUUID() }),
  ListProjectFiles: ({ resources }, projectId) => resources.listProjectFiles({ projectId }),
  UpsertUsers: ({ directory }) => directory.upsertUsers({ users: [user, user] }),
  BatchGetUsers: ({ directory }) => directory.batchGetUsers({ ids: [user.id] }),
  DisableUser: ({ directory }) => directory.disableUser({ id: user.id }),
  UpsertCredentials: ({ directory }) =>
    directory.upsertCredentials({
      credentials: [{ id: user.id, userId: user.id, name: 'x', schema: 'raw' }],
    }),
  DeleteCredential: ({ directory }) => directory.deleteCredential({ id: user.id }),
  RecordHistory: ({ history }) => history.recordHistory(one({})),
  RecordWorkflowVersion: ({ history }) =>
    history.recordWorkflowVersion({ workflowId: user.id, hash: 'none', source: VersionSource.APP }),
};

async function* one<T>(message: T): AsyncGenerator<T> {
  yield message;
}

const MISSING = Symbol('missing');

/** Sends the method's request about a project with a token, to both listeners, and tells how it was received. */
export async function outcome(
  service: TestService,
  method: string,
  projectId: string,
  token: string | undefined,
): Promise<Outcome> {
  const [grpc, http] = await Promise.all([
    outcomeOf(service.client, method, projectId, token),
    outcomeOf(service.httpClient, method, projectId, token),
  ]);
  if (grpc !== http) throw new Error(`${method} is received as ${grpc} over gRPC, as ${http} over HTTP`);
  return grpc;
}

async function outcomeOf(
  client: TestService['client'],
  method: string,
  projectId: string,
  token: string | undefined,
): Promise<Outcome> {
  const request = requests[method];
  if (request === undefined) throw new Error(`there is no request for ${method}`);
  const clients = {
    projects: client(ProjectsService, token),
    members: client(MembersService, token),
    resources: client(ResourcesService, token),
    directory: client(DirectoryService, token),
    history: client(HistoryService, token),
  };
  try {
    return (await request(clients, projectId, selfOf(token))) === MISSING ? '-' : 'y';
  } catch (error) {
    return symbolOf(await refusal(Promise.reject(error)));
  }
}

const UUID = /^[0-9a-f-]{36}$/;

/** Whose token it is. */
function selfOf(token: string | undefined): string {
  const subject = token === undefined ? '' : (decodeJwt(token).sub ?? '');
  return UUID.test(subject) ? subject : randomUUID();
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
      // Whoever hears that something in the project is not there was let into the project.
      return reason === 'PROJECT_NOT_FOUND' ? '-' : 'y';
    case 'UNKNOWN':
    case 'INTERNAL':
    case 'UNIMPLEMENTED':
      throw new Error(`${code} ${reason}: ${message}`);
    default:
      return 'y';
  }
}
