import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type {
  handleBidiStreamingCall,
  MethodDefinition,
  Server,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';

const PATHS = ['v1', 'v1alpha'].map(
  (version) => `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
);

interface ReflectionMethod extends MethodDefinition<unknown, unknown> {
  readonly handle: handleBidiStreamingCall<unknown, unknown>;
}

/**
 * Server reflection, v1 and v1alpha. It needs no token. Its index of the contract takes a tenth of a second to make, so
 * it is made when somebody asks.
 *
 * @param descriptors a `google.protobuf.FileDescriptorSet` with everything that its files import
 */
export function addReflection(server: Pick<Server, 'register'>, descriptors: Uint8Array): void {
  let made: ReadonlyMap<string, ReflectionMethod> | undefined;
  const method = (path: string): ReflectionMethod => {
    made ??= reflectionMethods(descriptors);
    const found = made.get(path);
    if (found === undefined) throw new Error(`reflection has no ${path}`);
    return found;
  };
  for (const path of PATHS) {
    const handle: ReflectionMethod['handle'] = (call) => method(path).handle(call);
    server.register(
      path,
      handle,
      (message) => method(path).responseSerialize(message),
      (bytes) => method(path).requestDeserialize(bytes),
      'bidi',
    );
  }
}

/** The library's methods by their paths. */
function reflectionMethods(descriptors: Uint8Array): ReadonlyMap<string, ReflectionMethod> {
  const { file } = fromBinary(FileDescriptorSetSchema, descriptors);
  // The library looks for extensions by what their files call the extended message; clients leave the first dot out.
  for (const extension of file.flatMap((one) => one.extension))
    extension.extendee = extension.extendee.replace(/^\./, '');
  // The library takes the definitions that proto-loader makes of .proto files, and reads only these bytes of them.
  const definition = {
    format: 'Protocol Buffer 3 EnumDescriptorProto' as const,
    type: {},
    fileDescriptorProtos: file.map((one) => Buffer.from(toBinary(FileDescriptorProtoSchema, one))),
  };
  const methods = new Map<string, ReflectionMethod>();
  const collector = {
    addService(service: ServiceDefinition, implementation: UntypedServiceImplementation) {
      for (const [name, one] of Object.entries(service)) {
        // Reflection's only method is a bidirectional stream.
        const handle = implementation[name] as ReflectionMethod['handle'];
        methods.set(one.path, { ...one, handle });
      }
    },
  };
  new ReflectionService({ definition }).addToServer(collector);
  return methods;
}
