import { create, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl, Transport } from '@connectrpc/connect';
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';
import { type Logger, pino } from 'pino';
import { Registry } from 'prom-client';
import { type GrpcListenerOptions, openGrpcListener } from '../../src/transport/grpc-listener.ts';
import { Health } from '../../src/transport/health.ts';
import { type HttpListenerOptions, openHttpListener } from '../../src/transport/http-listener.ts';
import { defaultTransportLimits, type TransportLimits } from '../../src/transport/limits.ts';
import { addressText, type Listener } from '../../src/transport/listener.ts';
import type { TlsIdentity, TlsSource } from '../../src/transport/tls.ts';
import { EchoService, file_echo } from './echo/echo_pb.ts';

export { EchoService };
export type EchoMethods = Partial<ServiceImpl<typeof EchoService>>;

interface EchoOptions {
  /** An identity, or one that is renewed. */
  readonly tls?: TlsIdentity | TlsSource;
  readonly limits?: Partial<TransportLimits>;
  readonly log?: Logger;
  readonly grpc?: Partial<GrpcListenerOptions>;
  readonly http?: Partial<HttpListenerOptions>;
}

export type Way = 'grpc' | 'connect JSON' | 'connect' | 'grpc-web';

/** The echo service behind both listeners, on free ports. */
export interface Echo extends AsyncDisposable {
  readonly grpc: Listener;
  readonly http: Listener;
  readonly health: Health;
  /** `host:port` */
  readonly grpcAddress: string;
  readonly httpUrl: string;
  /** A client's way to the service, in plaintext and with connections of its own. */
  transport(way: Way): Transport;
}

export async function openEcho(methods: EchoMethods, options: EchoOptions = {}): Promise<Echo> {
  await using undo = new AsyncDisposableStack();
  const shared = {
    address: { host: '127.0.0.1', port: 0 },
    tls: options.tls === undefined ? undefined : sourceOf(options.tls),
    services: [{ service: EchoService, implementation: methods }],
    limits: { ...defaultTransportLimits, ...options.limits },
    log: options.log ?? pino({ level: 'silent' }),
  };
  const health = new Health([EchoService.typeName]);
  const reflectionDescriptors = toBinary(
    FileDescriptorSetSchema,
    create(FileDescriptorSetSchema, { file: [file_echo.proto] }),
  );
  const grpc = await openGrpcListener({ ...shared, health, reflectionDescriptors, ...options.grpc });
  undo.defer(() => grpc.close());
  const http = await openHttpListener({
    ...shared,
    probes: { ready: () => true },
    metrics: new Registry(),
    corsOrigins: 'loopback',
    ...options.http,
  });
  undo.defer(() => http.close());

  // A certificate is for a name: clients may not ask for one by an IP address.
  const [scheme, host] = options.tls === undefined ? ['http', '127.0.0.1'] : ['https', 'localhost'];
  const grpcAddress = addressText({ ...grpc.address, host });
  const httpUrl = `${scheme}://${addressText({ ...http.address, host })}`;
  const overHttp1 = { baseUrl: httpUrl, httpVersion: '1.1' as const };
  const stack = undo.move();
  return {
    grpc,
    http,
    health,
    grpcAddress,
    httpUrl,
    transport: (way) => {
      switch (way) {
        case 'grpc':
          return createGrpcTransport({ baseUrl: `http://${grpcAddress}` });
        case 'connect JSON':
          return createConnectTransport({ ...overHttp1, useBinaryFormat: false });
        case 'connect':
          return createConnectTransport({ ...overHttp1, useBinaryFormat: true });
        case 'grpc-web':
          return createGrpcWebTransport(overHttp1);
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function sourceOf(tls: TlsIdentity | TlsSource): TlsSource {
  return 'onRenewal' in tls ? tls : { identity: tls, onRenewal: () => {} };
}
