import type { Interceptor, Transport } from '@connectrpc/connect';
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';
import { GrpcJsClient } from '../support/grpc-js-client.ts';
import { grpcJsTransport } from '../support/grpc-js-transport.ts';
import { bearer, startTestService, type TestService } from '../support/service.ts';
import type { Actor } from './actors.ts';
import { allCalls } from './calls/all.ts';
import { normalise } from './normalise.ts';
import { seedHistory } from './seeded-history.ts';
import { seedInvitation } from './seeded-invitation.ts';
import { actorTokens } from './tokens.ts';
import type { Entry } from './transcript.ts';

type Client = (service: TestService, token: string | undefined) => Transport;

const authorized = (token: string | undefined): Interceptor[] => (token === undefined ? [] : [bearer(token)]);

const overHttp1 = ({ httpUrl }: TestService, token: string | undefined) => ({
  baseUrl: httpUrl,
  httpVersion: '1.1' as const,
  interceptors: authorized(token),
});

/** Every way of a Node program to the service, beside grpc-js's own client, which all are compared with. */
export const nodeClients: Readonly<Record<string, Client>> = {
  'connect-node gRPC': ({ grpcUrl }, token) =>
    createGrpcTransport({ baseUrl: grpcUrl, interceptors: authorized(token) }),
  'gRPC-Web': (service, token) => createGrpcWebTransport(overHttp1(service, token)),
  'Connect, binary': (service, token) =>
    createConnectTransport({ ...overHttp1(service, token), useBinaryFormat: true }),
  'Connect, JSON': (service, token) =>
    createConnectTransport({ ...overHttp1(service, token), useBinaryFormat: false }),
  'Connect, reads by GET': (service, token) =>
    createConnectTransport({ ...overHttp1(service, token), useHttpGet: true }),
};

/** What a client gets of a service of its own, with these settings, that is empty but for an invitation. */
export async function transcriptOf(
  client: Client,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly Entry[]> {
  // Without workers, operations wait where they are, and every client finds the same.
  await using service = await startTestService({ ...env, ROLES: 'rpc' });
  await seedInvitation(service);
  await seedHistory(service);
  const tokens: Partial<Record<Actor, string>> = await actorTokens();
  return normalise(await allCalls((actor) => client(service, tokens[actor]), { uploads: true }));
}

let native: Promise<readonly Entry[]> | undefined;

/** What grpc-js's own client gets, with its own decoding of errors; made once in a process. */
export function nativeTranscript(): Promise<readonly Entry[]> {
  native ??= nativeTranscriptWith({});
  return native;
}

/** The same of a service with other settings. */
export async function nativeTranscriptWith(env: Readonly<Record<string, string>>): Promise<readonly Entry[]> {
  await using disposables = new AsyncDisposableStack();
  return await transcriptOf(
    ({ grpcUrl }, token) => grpcJsTransport(disposables.use(new GrpcJsClient(new URL(grpcUrl).host)), token),
    env,
  );
}
