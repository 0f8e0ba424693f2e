import type { Interceptor, Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import type { Tokens } from './actors.ts';
import { allCalls } from './calls/all.ts';
import type { Entry } from './transcript.ts';

/** What a page can make its calls with. */
export type PageClient = 'Connect, JSON' | 'Connect, binary' | 'Connect, reads by GET' | 'gRPC-Web';

interface Settings {
  readonly client: PageClient;
  /** Of the HTTP listener: another origin than the page's own. */
  readonly baseUrl: string;
  readonly tokens: Tokens;
}

type Options = { readonly baseUrl: string; readonly interceptors: Interceptor[] };

const transports: Readonly<Record<PageClient, (options: Options) => Transport>> = {
  'Connect, JSON': (options) => createConnectTransport({ ...options, useBinaryFormat: false }),
  'Connect, binary': (options) => createConnectTransport({ ...options, useBinaryFormat: true }),
  'Connect, reads by GET': (options) => createConnectTransport({ ...options, useHttpGet: true }),
  'gRPC-Web': createGrpcWebTransport,
};

/** Makes all calls from this page. */
async function run({ client, baseUrl, tokens }: Settings): Promise<readonly Entry[]> {
  const all: Readonly<Partial<Record<string, string>>> = tokens;
  return await allCalls(
    (actor) => {
      const token = all[actor];
      const authorize: Interceptor = (next) => (request) => {
        if (token !== undefined) request.header.set('authorization', `Bearer ${token}`);
        return next(request);
      };
      return transports[client]({ baseUrl, interceptors: [authorize] });
    },
    { uploads: false },
  );
}

declare global {
  /** What the test calls in the page. */
  var runCalls: typeof run;
}

globalThis.runCalls = run;
