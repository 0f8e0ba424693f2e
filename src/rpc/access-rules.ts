import type { DescMethod, DescService, Message, MessageShape } from '@bufbuild/protobuf';
import type { MemberPlace, NamedMember } from '../call/member-place.ts';
import type { OperationPermission, Permission } from '../call/permissions.ts';
import type { DirectoryService } from '../gen/lightning/projects/v1/directory_service_pb.ts';
import type { HistoryService } from '../gen/lightning/projects/v1/history_service_pb.ts';
import type { MaintenanceService } from '../gen/lightning/projects/v1/maintenance_service_pb.ts';
import type { MembersService, UpdateMemberRequest } from '../gen/lightning/projects/v1/members_service_pb.ts';
import type { OperationsService } from '../gen/lightning/projects/v1/operations_service_pb.ts';
import type { ProjectsService } from '../gen/lightning/projects/v1/projects_service_pb.ts';
import type { ResourcesService } from '../gen/lightning/projects/v1/resources_service_pb.ts';
import { changedFields } from '../members/changed-fields.ts';
import { namedMember, updatedMember } from '../members/named-member.ts';

/** What a caller must meet before a method sees the request; `call/permissions.ts` says who holds a permission. */
export type Requirement =
  /** Any valid token of somebody who is not disabled; the method answers only with what the caller may see. */
  | { readonly kind: 'anyone' }
  /** A superuser, or a service with `projects:admin`. */
  | { readonly kind: 'site' }
  /** A service with `projects:admin`. */
  | { readonly kind: 'admin_service' }
  /** The person itself, or who meets `site`. */
  | { readonly kind: 'self'; readonly userId: string }
  /** The permission to read a project's audit trail; of a project that is gone, `site`. */
  | { readonly kind: 'audit'; readonly projectId: string }
  | { readonly kind: 'project'; readonly permission: Permission; readonly projectId: string }
  /** The permission to delete the project, also when its deletion has begun and was broken off. */
  | { readonly kind: 'deletion'; readonly projectId: string }
  | { readonly kind: 'operation'; readonly permission: OperationPermission; readonly operationId: string }
  | {
      readonly kind: 'member';
      readonly permission: Permission;
      readonly member: NamedMember;
      /** The field of the request that names it. */
      readonly field: string;
    };

type Rule<Request> = (request: Request) => Requirement | readonly Requirement[];
type RulesOf<S extends DescService> = {
  readonly [M in keyof S['method']]: Rule<MessageShape<S['method'][M]['input']>>;
};

const anyone: Rule<unknown> = () => ({ kind: 'anyone' });
const site: Rule<unknown> = () => ({ kind: 'site' });
const self: Rule<{ readonly userId: string }> = ({ userId }) => ({ kind: 'self', userId });
const adminService: Rule<unknown> = () => ({ kind: 'admin_service' });
const may = (permission: Permission, projectId: string): Requirement => ({
  kind: 'project',
  permission,
  projectId,
});

type ById = { readonly id: string };
type InProject = { readonly projectId: string };

const here =
  (permission: Permission): Rule<ById> =>
  ({ id }) =>
    may(permission, id);
const within =
  (permission: Permission): Rule<InProject> =>
  ({ projectId }) =>
    may(permission, projectId);
const deletion: Rule<ById> = ({ id }) => ({ kind: 'deletion', projectId: id });
const operation =
  (permission: OperationPermission): Rule<ById> =>
  ({ id }) => ({ kind: 'operation', permission, operationId: id });

const ofMember =
  (permission: Permission): Rule<{ readonly memberId: string } & MemberPlace> =>
  (request) => ({ kind: 'member', permission, member: namedMember(request), field: 'member_id' });

/** A new root is a matter of the site, a new sandbox one of its parent. */
const creates = (parentId: string | undefined): Requirement =>
  parentId === undefined || parentId === '' ? { kind: 'site' } : may('provision', parentId);

/** What is imported over a project is its content; its name is one of its settings. */
const imports: Rule<{ readonly projectId: string; readonly parentId: string; readonly name: string }> = ({
  projectId,
  parentId,
  name,
}) => {
  if (projectId === '') return creates(parentId);
  const content = may('change_content', projectId);
  return name === '' ? content : [content, may('change_settings', projectId)];
};

const projects: RulesOf<typeof ProjectsService> = {
  createProject: ({ project }) => creates(project?.parentId),
  getProject: here('read'),
  batchGetProjects: anyone,
  listProjects: site,
  listUserProjects: self,
  getProjectsOverview: self,
  getFirstUserProject: self,
  updateProject: ({ project }) => may('change_settings', project?.id ?? ''),
  getDataclipPolicy: within('read'),
  validateProjectDeletion: here('delete'),
  scheduleProjectDeletion: here('delete'),
  cancelProjectDeletion: here('delete'),
  deleteProject: deletion,
  deleteProjectAsync: deletion,
  createSandbox: ({ parentId }) => may('provision', parentId),
  provisionSandbox: ({ parentId }) => may('provision', parentId),
  listSandboxes: ({ parentId }) => may('read', parentId),
  getWorkspace: within('read'),
  listDescendants: within('read'),
  getRootProject: within('read'),
  getProjectHead: within('read'),
  appendProjectHead: within('change_content'),
  listProjectHeads: within('read'),
  exportProject: within('read'),
  importProject: imports,
  // A stream that does not begin with its options is refused by the method itself, whoever sends it.
  importProjectStream: ({ part }) => (part.case === 'options' ? imports(part.value) : { kind: 'anyone' }),
  compareProjects: ({ sourceId, targetId }) => [may('read', sourceId), may('read', targetId)],
  mergeSandbox: ({ sandboxId, targetId, attachCredentials, scheduleDeletion }) => [
    may('be_merged', sandboxId),
    may('merge', targetId),
    ...(attachCredentials ? [may('lend_credentials', sandboxId)] : []),
    ...(scheduleDeletion ? [may('delete', sandboxId)] : []),
  ],
  watchProjects: anyone,
  listAuditEvents: ({ projectId }) => (projectId === '' ? { kind: 'site' } : { kind: 'audit', projectId }),
};

/** The role is a matter of the project, the rest of the member; what changes nothing is refused by the method itself. */
const updates: Rule<UpdateMemberRequest> = (request) => {
  const needed = new Set<Permission>();
  for (const field of changedFields(request))
    needed.add(field === 'role' ? 'change_settings' : 'set_own_alerts');
  if (needed.size === 0) needed.add('read');
  const named = { kind: 'member', member: updatedMember(request), field: 'member.id' } as const;
  return [...needed].map((permission) => ({ ...named, permission }));
};

const members: RulesOf<typeof MembersService> = {
  addMembers: within('change_settings'),
  updateMember: updates,
  removeMember: ofMember('change_settings'),
  getMember: ofMember('read'),
  listMembers: within('read'),
  getMemberRole: within('read'),
  checkMembership: within('read'),
  inviteCollaborators: within('change_settings'),
  listAdminEmails: within('read'),
  listTriggerFailureRecipients: within('read'),
  acceptInvitation: anyone,
  transferOwnership: within('transfer_ownership'),
};

const resources: RulesOf<typeof ResourcesService> = {
  listWorkflows: within('read'),
  listJobs: within('read'),
  listTriggers: within('read'),
  listEdges: within('read'),
  listWorkOrders: within('read'),
  listRuns: within('read'),
  listRunSteps: within('read'),
  listSteps: within('read'),
  listDataclips: within('read'),
  listProjectCredentials: within('read'),
  getProjectCredential: within('read'),
  listProjectFiles: within('read'),
};

const maintenance: RulesOf<typeof MaintenanceService> = {
  deleteProjectWorkOrders: site,
  deleteProjectDataclips: site,
  purgeDeletedProjects: site,
  enforceRetention: site,
};

const operations: RulesOf<typeof OperationsService> = {
  getOperation: operation('see'),
  listOperations: anyone,
  cancelOperation: operation('cancel'),
  watchOperation: operation('see'),
};

const directory: RulesOf<typeof DirectoryService> = {
  upsertUsers: adminService,
  batchGetUsers: adminService,
  disableUser: adminService,
  upsertCredentials: adminService,
  deleteCredential: adminService,
};

const history: RulesOf<typeof HistoryService> = {
  recordHistory: adminService,
  recordWorkflowVersion: adminService,
};

/** Every method of every service; the types make sure that none is missing. */
export const accessRules = {
  ProjectsService: projects,
  MembersService: members,
  ResourcesService: resources,
  MaintenanceService: maintenance,
  OperationsService: operations,
  DirectoryService: directory,
  HistoryService: history,
} as const;

/** What the table asks of the callers of a method for this request. Throws for a method that has no rule. */
export function requirementsOf(method: DescMethod, request: Message): readonly Requirement[] {
  const service: unknown = Reflect.get(accessRules, method.parent.name);
  const rule: unknown =
    typeof service === 'object' && service !== null ? Reflect.get(service, method.localName) : undefined;
  if (typeof rule !== 'function') throw new Error(`${method.parent.name}.${method.name} has no access rule`);
  // The table's types tie each rule to its method's request.
  const requirement = (rule as Rule<Message>)(request);
  return Array.isArray(requirement) ? requirement : [requirement as Requirement];
}
