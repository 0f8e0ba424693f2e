import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';

/** A connection of the command line to a running service. */
export interface ServiceConnection extends Disposable {
  client<S extends DescService>(service: S): Client<S>;
}

/**
 * Calls the gRPC listener at `url` with a token. The connection is opened by the first call; until it is disposed of
 * it keeps the process alive.
 */
export function connectTo(url: string, token: string): ServiceConnection {
  const sessionManager = new Http2SessionManager(url);
  const transport = createGrpcTransport({
    baseUrl: url,
    sessionManager,
    interceptors: [
      (next) => (request) => {
        request.header.set('authorization', `Bearer ${token}`);
        return next(request);
      },
    ],
  });
  return {
    client: (service) => createClient(service, transport),
    [Symbol.dispose]: () => sessionManager.abort(),
  };
}
