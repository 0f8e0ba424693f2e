import { createServer } from 'node:net';
import { Server, ServerCredentials, type ServerOptions, setLogger } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Gate } from '../rpc/implement.ts';
import type { Address } from '../settings.ts';
import { endEarlyAnswersWhileOpen } from './early-answers.ts';
import { bringNearerWhileOpen } from './far-deadlines.ts';
import { grpcGate } from './grpc-gate.ts';
import { registerService } from './grpc-handlers.ts';
import type { Health } from './health.ts';
import type { TransportLimits } from './limits.ts';
import { type Listener, listen } from './listener.ts';
import { addReflection } from './reflection.ts';
import type { ServiceRegistration } from './service-registration.ts';
import type { TlsIdentity, TlsSource } from './tls.ts';

export interface GrpcListenerOptions {
  readonly address: Address;
  /** Undefined: plaintext HTTP/2. */
  readonly tls?: TlsSource | undefined;
  readonly services: readonly ServiceRegistration[];
  readonly gate?: Gate | undefined;
  readonly health: Health;
  /** The `google.protobuf.FileDescriptorSet` that reflection serves. */
  readonly reflectionDescriptors: Uint8Array;
  readonly limits: TransportLimits;
  readonly log: Logger;
}

/**
 * Opens the native gRPC listener: the services, health and reflection over HTTP/2.
 *
 * @throws StartupError when the address cannot be bound
 */
export function openGrpcListener(options: GrpcListenerOptions): Promise<Listener> {
  const { address, tls, services, gate, health, reflectionDescriptors, limits, log } = options;
  // grpc-js has one logger for the process. What it calls an error is a peer's mishap.
  setLogger({
    error: (text: string) => log.warn(text.replace(QUOTED_HEADER, '$1')),
    info: (text: string) => log.debug(text),
    debug: (text: string) => log.trace(text),
  });

  const interceptors = gate === undefined ? [] : [grpcGate(gate, services)];
  const grpc = new Server({ ...serverOptions(limits), interceptors });
  const scheme = tls === undefined ? 'http' : 'https';
  for (const service of services) registerService(grpc, service, { scheme, limits, log });
  health.addTo(grpc);
  addReflection(grpc, reflectionDescriptors);

  // We accept the sockets ourselves: grpc-js does not let go of a busy connection when it is told to stop, and
  // reports a port in use only as text.
  let connections = grpc.createConnectionInjector(credentials(tls?.identity));
  tls?.onRenewal((identity) => {
    // Asks the clients to come again, and lets the calls end that they have begun.
    connections.destroy();
    connections = grpc.createConnectionInjector(credentials(identity));
  });
  const server = createServer({ noDelay: true }, (socket) => connections.injectConnection(socket));
  bringNearerWhileOpen(server);
  endEarlyAnswersWhileOpen(server);
  return listen({
    server,
    address,
    setting: 'GRPC_ADDRESS',
    sayGoodbye: () => {
      health.shutDown();
      connections.destroy();
    },
  });
}

// What grpc-js says of a header that it cannot take, with the whole value, which may be a token.
const QUOTED_HEADER = /^(Failed to add metadata entry [^:]*):.*$/s;

function serverOptions(limits: TransportLimits): ServerOptions {
  return {
    'grpc.max_receive_message_length': limits.messageBytes,
    'grpc.max_concurrent_streams': limits.callsPerConnection,
    'grpc.keepalive_time_ms': limits.keepaliveMs,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
    'grpc.max_connection_age_ms': limits.connectionAgeMs,
    'grpc.max_connection_age_grace_ms': limits.connectionAgeGraceMs,
    // Its counters cost every call something, and nothing here serves them.
    'grpc.enable_channelz': 0,
  };
}

function credentials(tls: TlsIdentity | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { certificate, key, clientAuthorities } = tls;
  const identity = { cert_chain: certificate, private_key: key };
  return ServerCredentials.createSsl(clientAuthorities ?? null, [identity], clientAuthorities !== undefined);
}
