import type { DescMethod } from '@bufbuild/protobuf';
import { ConnectError, createHandlerContext } from '@connectrpc/connect';
import type {
  Metadata,
  ServerInterceptingCall,
  ServerInterceptingCallInterface,
  ServerInterceptor,
} from '@grpc/grpc-js';
import type { Gate } from '../rpc/implement.ts';
import { callOver, millisecondsLeft } from './grpc-context.ts';
import { MetadataHeaders } from './grpc-metadata.ts';
import { statusOf } from './grpc-status.ts';
import type { ServiceRegistration } from './service-registration.ts';

/**
 * Asks the gate of every call to the services before grpc-js reads its message, of which it would keep and parse as much
 * as a client sends.
 */
export function grpcGate(gate: Gate, services: readonly ServiceRegistration[]): ServerInterceptor {
  const methods = new Map(
    services.flatMap(({ service }) =>
      service.methods.map((method) => [`/${service.typeName}/${method.name}`, method]),
    ),
  );
  return ({ path }, call) => {
    const method = methods.get(path);
    if (method === undefined) return call as ServerInterceptingCall;
    // A call whose token is known, as nearly all are, needs none.
    let context: ReturnType<typeof contextOf> | undefined;
    let hasLeft = false;
    const start = call.start.bind(call);
    // A ServerInterceptingCall around it would do the same, and have each step of each call pass it.
    call.start = (listener) =>
      start({
        onReceiveMetadata(metadata) {
          const [authorization = null] = metadata.get('authorization');
          const asked = gate(method, authorization?.toString() ?? null, () => {
            context = contextOf(method, path, metadata, call);
            return context;
          });
          if (asked === undefined) return listener.onReceiveMetadata(metadata);
          asked.then(
            () => {
              if (!hasLeft) listener.onReceiveMetadata(metadata);
            },
            (error: unknown) => {
              if (context !== undefined) call.sendMetadata(context.responseHeader.metadata);
              call.sendStatus(statusOf(ConnectError.from(error)));
            },
          );
        },
        onReceiveMessage: (message) => listener.onReceiveMessage(message),
        onReceiveHalfClose: () => listener.onReceiveHalfClose(),
        onCancel() {
          // grpc-js says so at the end of every call, whatever ended it.
          context?.abort(callOver);
          hasLeft = true;
          listener.onCancel();
        },
      });
    return call as ServerInterceptingCall;
  };
}

/** What the gate sees of a call. The headers of the answer are sent when it refuses the call. */
function contextOf(
  method: DescMethod,
  url: string,
  metadata: Metadata,
  call: ServerInterceptingCallInterface,
) {
  const context = createHandlerContext({
    service: method.parent,
    method,
    protocolName: 'grpc',
    requestMethod: 'POST',
    url,
    requestHeader: new MetadataHeaders(metadata),
  });
  return { ...context, timeoutMs: () => millisecondsLeft(call), responseHeader: new MetadataHeaders() };
}
