import { expect } from 'vitest';
import type { Operation } from '../../src/gen/lightning/projects/v1/operation_pb.ts';
import { OperationsService } from '../../src/gen/lightning/projects/v1/operations_service_pb.ts';
import { bringForward } from './jobs.ts';
import type { TestService } from './service.ts';

/** Waits until an operation has ended, through whatever pauses there are. */
export async function endedOperation(service: TestService, id: string): Promise<Operation> {
  const read = async () => {
    const { operation } = await service.client(OperationsService, service.admin).getOperation({ id });
    if (operation === undefined) throw new Error('no operation');
    return operation;
  };
  await expect
    .poll(
      async () => {
        await bringForward(service);
        return (await read()).finishedAt;
      },
      { interval: 100 },
    )
    .toBeDefined();
  return await read();
}
