import { randomUUID } from 'node:crypto';
import type { CallOptions } from '@connectrpc/connect';
import type { EventKind } from '../../src/database/event-kinds.ts';
import { HistoryService } from '../../src/gen/lightning/projects/v1/history_service_pb.ts';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { VersionSource } from '../../src/gen/lightning/projects/v1/workflow_pb.ts';
import { aProject } from '../support/projects.ts';
import {
  aUser,
  DirectoryService,
  MembersService,
  ProjectsService,
  type TestService,
} from '../support/service.ts';

/** One way in which a method changes something. */
export interface Change {
  readonly method: string;
  readonly way: string;
  /** What is written down of it, in order. */
  readonly kinds: readonly EventKind[];
  /** Makes what the change needs, which is written down too, and answers with the calls. */
  readonly prepare: (service: TestService) => Promise<ChangeCalls>;
}

export interface ChangeCalls {
  /** Makes the change; answers with a row that it wrote, as what follows `from` in SQL. */
  readonly make: (options: CallOptions) => Promise<string>;
  /** The change with `validate_only`; methods that lack it have none. */
  readonly check?: () => Promise<unknown>;
  /** The same call after the change, which has nothing left to change; undefined where it is refused. */
  readonly repeat?: () => Promise<unknown>;
  /** A call that must be refused after it began its transaction. */
  readonly refused: () => Promise<unknown>;
}

const admin = (service: TestService) => service.client(ProjectsService, service.admin);
const projectRow = (id = '') => `projects where id = '${id}'`;

const yaml = (name: string) => `name: ${name}
workflows:
  intake:
    name: intake
    jobs:
      fetch:
        name: fetch
        adaptor: '@openfn/language-http@7.2.1'
        body: get('/forms');
`;
/** Its document is fine; a sandbox of that name is there already. */
const taken = 'taken-name';

async function withTakenName(service: TestService): Promise<string> {
  const { id: parentId } = await aProject(service);
  await aProject(service, {}, { parentId, name: taken });
  return parentId;
}

export const changes: readonly Change[] = [
  {
    method: 'ProjectsService.CreateProject',
    way: 'a project',
    kinds: ['project_created'],
    async prepare(service) {
      const parentId = await withTakenName(service);
      const request = { project: { name: 'made' }, requestId: randomUUID() };
      return {
        make: async (options) =>
          projectRow((await admin(service).createProject(request, options)).project?.id),
        check: () => admin(service).createProject({ project: { name: 'made' }, validateOnly: true }),
        repeat: () => admin(service).createProject(request),
        refused: () => admin(service).createProject({ project: { name: taken, parentId } }),
      };
    },
  },
  {
    method: 'ProjectsService.UpdateProject',
    way: 'settings',
    kinds: ['project_updated'],
    async prepare(service) {
      const { id } = await aProject(service);
      const request = { project: { id, requiresMfa: true } };
      return {
        make: async (options) =>
          projectRow((await admin(service).updateProject(request, options)).project?.id),
        check: () => admin(service).updateProject({ project: { id, concurrency: 5 }, validateOnly: true }),
        repeat: () => admin(service).updateProject(request),
        refused: () => admin(service).updateProject({ project: { id, concurrency: 6, etag: '"old"' } }),
      };
    },
  },
  {
    method: 'ProjectsService.UpdateProject',
    way: 'members',
    kinds: ['members_changed'],
    async prepare(service) {
      const [owner, other] = [await aUser(service), await aUser(service)];
      const { id } = await aProject(service, { owner });
      const request = {
        project: { id },
        members: [{ userId: owner.id, role: Role.OWNER }, { userId: other.id }],
      };
      const alone = { project: { id }, members: [{ userId: other.id, role: Role.OWNER }] };
      const unknown = { project: { id }, members: [{ userId: randomUUID(), role: Role.OWNER }] };
      return {
        async make(options) {
          await admin(service).updateProject(request, options);
          return `project_users where user_id = '${other.id}'`;
        },
        check: () => admin(service).updateProject({ ...alone, validateOnly: true }),
        repeat: () => admin(service).updateProject(request),
        refused: () => admin(service).updateProject(unknown),
      };
    },
  },
  {
    method: 'ProjectsService.CreateSandbox',
    way: 'a sandbox',
    kinds: ['project_created'],
    async prepare(service) {
      const parentId = await withTakenName(service);
      const request = { parentId, project: { name: 'made' }, requestId: randomUUID() };
      return {
        make: async (options) =>
          projectRow((await admin(service).createSandbox(request, options)).project?.id),
        check: () => admin(service).createSandbox({ parentId, project: { name: 'x' }, validateOnly: true }),
        repeat: () => admin(service).createSandbox(request),
        refused: () => admin(service).createSandbox({ parentId, project: { name: taken } }),
      };
    },
  },
  {
    method: 'ProjectsService.ProvisionSandbox',
    way: 'a working copy',
    kinds: ['sandbox_provisioned'],
    async prepare(service) {
      const owner = await aUser(service);
      const { id: parentId } = await aProject(service, { owner });
      await aProject(service, {}, { parentId, name: taken });
      const request = { parentId, name: 'copy', actorUserId: owner.id, requestId: randomUUID() };
      return {
        make: async (options) =>
          projectRow((await admin(service).provisionSandbox(request, options)).project?.id),
        repeat: () => admin(service).provisionSandbox(request),
        refused: () => admin(service).provisionSandbox({ parentId, name: taken, actorUserId: owner.id }),
      };
    },
  },
  {
    method: 'ProjectsService.AppendProjectHead',
    way: 'a head',
    kinds: ['head_appended'],
    async prepare(service) {
      const { id: projectId } = await aProject(service);
      const request = { projectId, headHash: '0123456789ab' };
      return {
        async make(options) {
          await admin(service).appendProjectHead(request, options);
          return `project_heads where project_id = '${projectId}'`;
        },
        repeat: () => admin(service).appendProjectHead(request),
        refused: () =>
          admin(service).appendProjectHead({
            projectId,
            headHash: 'aaaaaaaaaaaa',
            expectedHead: 'bbbbbbbbbbbb',
          }),
      };
    },
  },
  {
    method: 'ProjectsService.ImportProject',
    way: 'a new project',
    kinds: ['project_created', 'project_imported'],
    async prepare(service) {
      const parentId = await withTakenName(service);
      const request = { yaml: yaml('imported'), requestId: randomUUID() };
      return {
        make: async (options) =>
          projectRow((await admin(service).importProject(request, options)).project?.id),
        check: () => admin(service).importProject({ yaml: yaml('imported'), validateOnly: true }),
        repeat: () => admin(service).importProject(request),
        refused: () => admin(service).importProject({ yaml: yaml(taken), parentId }),
      };
    },
  },
  {
    method: 'ProjectsService.ImportProject',
    way: 'over a project',
    kinds: ['project_imported'],
    async prepare(service) {
      const parentId = await withTakenName(service);
      const { id: projectId } = await aProject(service, {}, { parentId });
      const request = { yaml: yaml('imported'), projectId };
      return {
        async make(options) {
          await admin(service).importProject(request, options);
          return `workflows where project_id = '${projectId}'`;
        },
        check: () =>
          admin(service).importProject({
            ...request,
            yaml: yaml('x').replaceAll('fetch', 'y'),
            validateOnly: true,
          }),
        repeat: () => admin(service).importProject(request),
        refused: () => admin(service).importProject({ ...request, name: taken }),
      };
    },
  },
  {
    method: 'ProjectsService.ImportProjectStream',
    way: 'over a project',
    kinds: ['project_imported'],
    async prepare(service) {
      const parentId = await withTakenName(service);
      const { id: projectId } = await aProject(service, {}, { parentId });
      async function* stream(
        options: { readonly name?: string; readonly validateOnly?: boolean },
        text: string,
      ) {
        yield { part: { case: 'options' as const, value: { projectId, ...options } } };
        yield { part: { case: 'chunk' as const, value: Buffer.from(text) } };
      }
      return {
        async make(options) {
          await admin(service).importProjectStream(stream({}, yaml('imported')), options);
          return `workflows where project_id = '${projectId}'`;
        },
        check: () =>
          admin(service).importProjectStream(
            stream({ validateOnly: true }, yaml('x').replaceAll('fetch', 'y')),
          ),
        repeat: () => admin(service).importProjectStream(stream({}, yaml('imported'))),
        refused: () => admin(service).importProjectStream(stream({ name: taken }, yaml('imported'))),
      };
    },
  },
  {
    method: 'MembersService.AddMembers',
    way: 'a member',
    kinds: ['members_changed'],
    async prepare(service) {
      const [owner, added] = [await aUser(service), await aUser(service)];
      const { id: projectId } = await aProject(service, { owner });
      const members = service.client(MembersService, service.admin);
      return {
        async make(options) {
          await members.addMembers({ projectId, members: [{ userId: added.id }] }, options);
          return `project_users where user_id = '${added.id}'`;
        },
        refused: () => members.addMembers({ projectId, members: [{ userId: randomUUID() }] }),
      };
    },
  },
  {
    method: 'DirectoryService.UpsertUsers',
    way: 'a person',
    kinds: ['users_changed'],
    async prepare(service) {
      const { email } = await aUser(service);
      const directory = service.client(DirectoryService, service.admin);
      const id = randomUUID();
      const request = { users: [{ id, email: `${id}@example.org` }] };
      return {
        async make(options) {
          await directory.upsertUsers(request, options);
          return `users where id = '${id}'`;
        },
        repeat: () => directory.upsertUsers(request),
        refused: () => directory.upsertUsers({ users: [{ id: randomUUID(), email }] }),
      };
    },
  },
  {
    method: 'DirectoryService.UpsertCredentials',
    way: 'a credential',
    kinds: ['credentials_changed'],
    async prepare(service) {
      const { id: userId } = await aUser(service);
      const directory = service.client(DirectoryService, service.admin);
      const credential = { id: randomUUID(), userId, name: 'Field forms', schema: 'http' };
      const unknown = { ...credential, id: randomUUID(), userId: randomUUID() };
      return {
        async make(options) {
          await directory.upsertCredentials({ credentials: [credential] }, options);
          return `credentials where id = '${credential.id}'`;
        },
        repeat: () => directory.upsertCredentials({ credentials: [credential] }),
        refused: () => directory.upsertCredentials({ credentials: [unknown] }),
      };
    },
  },
  {
    method: 'HistoryService.RecordWorkflowVersion',
    way: 'a version',
    kinds: ['workflow_version_recorded'],
    async prepare(service) {
      const { project } = await admin(service).importProject({ yaml: yaml('versions') });
      const { workflows } = await service
        .client(ResourcesService, service.admin)
        .listWorkflows({ projectId: project?.id ?? '' });
      const history = service.client(HistoryService, service.admin);
      const version = { workflowId: workflows[0]?.id ?? '', hash: '0123456789ab', source: VersionSource.APP };
      return {
        async make(options) {
          const answer = await history.recordWorkflowVersion(version, options);
          return `workflow_versions where id = '${answer.version?.id}'`;
        },
        repeat: () => history.recordWorkflowVersion(version),
        refused: () => history.recordWorkflowVersion({ ...version, workflowId: randomUUID() }),
      };
    },
  },
];
