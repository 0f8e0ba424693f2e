import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { service as healthService } from 'grpc-health-check';

/**
 * Server reflection, v1 and v1alpha, for the given files and for the health service. It needs no token.
 *
 * @param descriptors a `google.protobuf.FileDescriptorSet` with everything that its files import
 */
export function addReflection(server: Pick<Server, 'addService'>, descriptors: Uint8Array): void {
  const { file } = fromBinary(FileDescriptorSetSchema, descriptors);
  const ours = file.map((one) => Buffer.from(toBinary(FileDescriptorProtoSchema, one)));
  const health = Object.values(healthService).flatMap(({ requestType }) => requestType.fileDescriptorProtos);
  // The library takes the definitions that proto-loader makes of .proto files, and reads only these bytes of them.
  const definition = {
    format: 'Protocol Buffer 3 EnumDescriptorProto' as const,
    type: {},
    fileDescriptorProtos: [...ours, ...health],
  };
  new ReflectionService({ definition }).addToServer(server);
}
