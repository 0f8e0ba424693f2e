import { randomUUID } from 'node:crypto';
import type { CallOptions } from '@connectrpc/connect';
import { MaintenanceService } from '../../../src/gen/lightning/projects/v1/maintenance_service_pb.ts';
import { aRun, aSite, record } from '../../history/support/engine.ts';
import { aProject } from '../../support/projects.ts';
import { rows } from '../../support/rows.ts';
import type { TestService } from '../../support/service.ts';
import type { Change } from './change.ts';

const maintenance = (service: TestService) => service.client(MaintenanceService, service.admin);

/** Takes a stream to its end. */
async function taken(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

async function aRanProject(service: TestService): Promise<string> {
  const site = await aSite(service);
  await record(service, [aRun(site).batch]);
  return site.projectId;
}

/** What clears up, or begins to. */
export const maintenanceChanges: readonly Change[] = [
  ...(['deleteProjectWorkOrders', 'deleteProjectDataclips'] as const).map(
    (method): Change => ({
      method: `MaintenanceService.${method.replace('d', 'D')}`,
      way: 'in one batch',
      kinds: ['history_deleted'],
      async prepare(service) {
        const projectId = await aRanProject(service);
        const call = (id: string, options: CallOptions = {}) =>
          taken(maintenance(service)[method]({ projectId: id }, options));
        return {
          async make(options) {
            await call(projectId, options);
            // Of the work orders nothing is left.
            return method === 'deleteProjectDataclips'
              ? `work_orders where project_id = '${projectId}'`
              : `events where project_id = '${projectId}' and kind = 'history_deleted'`;
          },
          repeat: () => call(projectId),
          refused: () => call(randomUUID()),
        };
      },
    }),
  ),
  {
    method: 'MaintenanceService.EnforceRetention',
    way: 'of one project',
    kinds: ['operation_started'],
    async prepare(service) {
      const { id: projectId } = await aProject(service, {}, { historyRetentionPeriod: 7 });
      return {
        async make(options) {
          await maintenance(service).enforceRetention({ projectId }, options);
          return `operations where project_id = '${projectId}'`;
        },
        repeat: () => maintenance(service).enforceRetention({ projectId }),
        refused: () => maintenance(service).enforceRetention({ projectId: randomUUID() }),
      };
    },
  },
  {
    method: 'MaintenanceService.PurgeDeletedProjects',
    way: 'of one project',
    kinds: ['operation_started'],
    async prepare(service) {
      const { id } = await aProject(service);
      return {
        async make(options) {
          // What other changes scheduled.
          await maintenance(service).purgeDeletedProjects({});
          await rows(service, 'update projects set scheduled_deletion = now() where id = $1', [id]);
          await maintenance(service).purgeDeletedProjects({}, options);
          return `operations where project_id = '${id}'`;
        },
        repeat: () => maintenance(service).purgeDeletedProjects({}),
        refused: () => service.client(MaintenanceService, service.reader).purgeDeletedProjects({}),
      };
    },
  },
];
