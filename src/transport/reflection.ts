import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';

/**
 * Server reflection, v1 and v1alpha. It needs no token.
 *
 * @param descriptors a `google.protobuf.FileDescriptorSet` with everything that its files import
 */
export function addReflection(server: Pick<Server, 'addService'>, descriptors: Uint8Array): void {
  const { file } = fromBinary(FileDescriptorSetSchema, descriptors);
  // The library takes the definitions that proto-loader makes of .proto files, and reads only these bytes of them.
  const definition = {
    format: 'Protocol Buffer 3 EnumDescriptorProto' as const,
    type: {},
    fileDescriptorProtos: file.map((one) => Buffer.from(toBinary(FileDescriptorProtoSchema, one))),
  };
  new ReflectionService({ definition }).addToServer(server);
}
