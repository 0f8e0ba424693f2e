import { OperationsService } from '../../../src/gen/lightning/projects/v1/operations_service_pb.ts';
import { aProject } from '../../support/projects.ts';
import { admin, type Change } from './change.ts';

export const operationChanges: readonly Change[] = [
  {
    method: 'OperationsService.CancelOperation',
    way: 'one that waits',
    kinds: ['operation_cancelled'],
    async prepare(service) {
      const { id: projectId } = await aProject(service);
      const { operation } = await admin(service).deleteProjectAsync({ id: projectId });
      const id = operation?.id ?? '';
      const operations = service.client(OperationsService, service.admin);
      const { operation: other } = await admin(service).deleteProjectAsync({
        id: (await aProject(service)).id,
      });
      await operations.cancelOperation({ id: other?.id ?? '' });
      return {
        async make(options) {
          await operations.cancelOperation({ id }, options);
          return `operations where state = 'cancelled' and id = '${id}'`;
        },
        refused: () => operations.cancelOperation({ id: other?.id ?? '' }),
      };
    },
  },
];
