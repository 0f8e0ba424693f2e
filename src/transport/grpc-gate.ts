import type { DescMethod } from '@bufbuild/protobuf';
import { ConnectError, createHandlerContext, type HandlerContext } from '@connectrpc/connect';
import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { Gate } from '../rpc/implement.ts';
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
    const onReceiveMetadata = (metadata: Metadata, pass: (metadata: Metadata) => void) => {
      const [authorization = null] = metadata.get('authorization');
      // The headers of a refusal. A call whose token is known, as nearly all are, needs none.
      let answered: MetadataHeaders | undefined;
      const asked = gate(authorization?.toString() ?? null, () => {
        answered = new MetadataHeaders();
        return contextOf(method, path, new MetadataHeaders(metadata), answered);
      });
      if (asked === undefined) return pass(metadata);
      asked.then(
        () => pass(metadata),
        (error: unknown) => {
          if (answered !== undefined) call.sendMetadata(answered.metadata);
          call.sendStatus(statusOf(ConnectError.from(error)));
        },
      );
    };
    return new ServerInterceptingCall(call, { start: (next) => next({ onReceiveMetadata }) });
  };
}

/** What the gate sees of a call, and where it leaves the headers of the answer. */
function contextOf(
  method: DescMethod,
  url: string,
  requestHeader: Headers,
  answered: Headers,
): HandlerContext {
  const context = createHandlerContext({
    service: method.parent,
    method,
    protocolName: 'grpc',
    requestMethod: 'POST',
    url,
    requestHeader,
  });
  return { ...context, responseHeader: answered };
}
