import { randomUUID } from 'node:crypto';
import { aWorkspace, edit } from '../../merging/support/workspace.ts';
import { aProject } from '../../support/projects.ts';
import { aUser } from '../../support/service.ts';
import { admin, type Change, projectRow, taken, withTakenName } from './change.ts';

export const sandboxChanges: readonly Change[] = [
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
    method: 'ProjectsService.MergeSandbox',
    way: 'an edited sandbox',
    kinds: ['sandbox_merged'],
    async prepare(service) {
      const {
        parent: targetId,
        sandbox: sandboxId,
        projects,
      } = await aWorkspace(service, {
        intake: { jobs: { fetch: 'fn();' } },
      });
      await edit({ projects }, sandboxId, { intake: { jobs: { fetch: 'get("/forms");' } } });
      const request = { sandboxId, targetId };
      return {
        async make(options) {
          await admin(service).mergeSandbox(request, options);
          return `workflows where project_id = '${targetId}'`;
        },
        check: () => admin(service).mergeSandbox({ ...request, validateOnly: true }),
        repeat: () => admin(service).mergeSandbox(request),
        refused: () => admin(service).mergeSandbox({ ...request, expectedTargetHead: '0123456789ab' }),
      };
    },
  },
];
