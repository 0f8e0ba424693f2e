import type { DescMethod } from '@bufbuild/protobuf';
import { contract } from '../../src/services.ts';
import { GrpcJsClient } from '../support/grpc-js-client.ts';
import { grpcJsTransport } from '../support/grpc-js-transport.ts';
import { aUser, type TestService } from '../support/service.ts';
import { Transcript } from './transcript.ts';

/**
 * The methods that answer anything but UNIMPLEMENTED. Called as somebody who is disabled: whatever a method does, it
 * does nothing for them.
 */
export async function implementedMethods(service: TestService): Promise<DescMethod[]> {
  using client = new GrpcJsClient(new URL(service.grpcUrl).host);
  const { token } = await aUser(service, { disabled: true });
  const calls = new Transcript(() => grpcJsTransport(client, token));
  const methods = contract.flatMap((one) => one.methods);
  for (const method of methods) {
    await calls.refusal('stranger', method, 'PERMISSION_DENIED USER_DISABLED', 'anything', {});
  }
  return methods.filter((_, index) => !calls.entries[index]?.outcome.startsWith('UNIMPLEMENTED'));
}
