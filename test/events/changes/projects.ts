import { randomUUID } from 'node:crypto';
import { Role } from '../../../src/gen/lightning/projects/v1/member_pb.ts';
import { aProject } from '../../support/projects.ts';
import { aUser } from '../../support/service.ts';
import { admin, type Change, projectRow, taken, withTakenName } from './change.ts';

export const projectChanges: readonly Change[] = [
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
];
