import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { create } from '@bufbuild/protobuf';
import { Code, createClient, type HandlerContext } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { StartupError } from '../../src/startup-error.ts';
import { createAuthority } from '../support/certificates.ts';
import { SayRequestSchema } from '../support/echo/echo_pb.ts';
import { type Echo, EchoService, openEcho } from '../support/echo-service.ts';
import { GrpcJsClient } from '../support/grpc-js-client.ts';

/** A stream that sends one message, waits to be told, and sends another. */
function pausedStream() {
  const go = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<void>();
  async function* download(_: unknown, { signal }: HandlerContext) {
    const gone = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => gone.resolve());
    try {
      yield { chunk: Uint8Array.of(1) };
      await Promise.race([go.promise, gone.promise]);
      yield { chunk: Uint8Array.of(2) };
    } finally {
      finished.resolve();
    }
  }
  return { download, go: go.resolve, finished: finished.promise };
}

const authority = createAuthority('test authority');
const tls = { ...authority.issue('server'), clientAuthorities: undefined };
const nodeOptions = { ca: authority.certificate };

const ways = {
  'the gRPC listener': {
    tls: undefined,
    listener: 'grpc',
    transport: (echo: Echo) => echo.transport('grpc'),
  },
  'the HTTP listener': {
    tls: undefined,
    listener: 'http',
    transport: (echo: Echo) => echo.transport('connect'),
  },
  'the HTTP listener under TLS': {
    tls,
    listener: 'http',
    transport: (echo: Echo) => createGrpcTransport({ baseUrl: echo.httpUrl, nodeOptions }),
  },
  'the HTTP listener under TLS, over HTTP/1.1': {
    tls,
    listener: 'http',
    transport: (echo: Echo) =>
      createConnectTransport({
        baseUrl: echo.httpUrl,
        httpVersion: '1.1',
        nodeOptions,
      }),
  },
} as const;

describe.each(Object.entries(ways))('%s', (_, way) => {
  const open = (methods: Parameters<typeof openEcho>[0]) => openEcho(methods, way.tls && { tls: way.tls });

  it('lets a stream end before it closes, and takes no new connection meanwhile', async () => {
    const { download, go } = pausedStream();
    await using echo = await open({ download });
    const messages = createClient(EchoService, way.transport(echo)).download({})[Symbol.asyncIterator]();
    await messages.next();

    const drained = echo[way.listener].drain(60_000);
    const late = createClient(EchoService, way.transport(echo)).say({});
    await expect(late).rejects.toMatchObject({ code: Code.Unavailable });

    go();
    expect((await messages.next()).value).toMatchObject({ chunk: Uint8Array.of(2) });
    expect(await messages.next()).toMatchObject({ done: true });
    await drained;
  });

  it('cuts off what lasts longer than its grace, and the method hears of it', async () => {
    const { download, finished } = pausedStream();
    await using echo = await open({ download });
    const messages = createClient(EchoService, way.transport(echo)).download({})[Symbol.asyncIterator]();
    await messages.next();

    await echo[way.listener].drain(50);

    await expect(messages.next()).rejects.toThrow();
    await finished;
  });

  it('may be closed while it drains, and again', async () => {
    const { download } = pausedStream();
    await using echo = await open({ download });
    const messages = createClient(EchoService, way.transport(echo)).download({})[Symbol.asyncIterator]();
    await messages.next();

    const drained = echo[way.listener].drain(60_000);
    await echo[way.listener].close();
    await drained;
    await echo[way.listener].close();

    await expect(messages.next()).rejects.toThrow();
  });
});

it('the gRPC listener refuses calls over connections that it has from before', async () => {
  await using echo = await openEcho({ say: () => ({}) });
  using client = new GrpcJsClient(echo.grpcAddress);
  await client.unary(EchoService.method.say, create(SayRequestSchema));

  await echo.grpc.drain(1000);

  await expect(client.unary(EchoService.method.say, create(SayRequestSchema))).rejects.toMatchObject({
    code: status.UNAVAILABLE,
  });
});

it('the HTTP listener does not wait for idle connections while it drains', async () => {
  const { download, go } = pausedStream();
  await using echo = await openEcho({ download });
  const agent = new Agent({ keepAlive: true });
  const probe = async (): Promise<number | undefined> => {
    const sent = request(`${echo.httpUrl}/readyz`, { agent }).end();
    const [response] = await once(sent, 'response');
    await once(response.resume(), 'end');
    return response.statusCode;
  };
  const messages = createClient(EchoService, echo.transport('connect')).download({})[Symbol.asyncIterator]();
  await messages.next();
  expect(await probe()).toBe(200);

  const drained = echo.http.drain(60_000);
  go();
  await messages.next();
  await messages.next();

  await drained;
  agent.destroy();
});

describe('a port in use', () => {
  it.each(['grpc', 'http'] as const)(
    'makes the start of the %s listener fail with the setting to change',
    async (kind) => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const bound = other.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : 0;

      const opened = openEcho({}, { [kind]: { address: { host: '127.0.0.1', port } } });

      await expect(opened).rejects.toThrow(StartupError);
      await expect(opened).rejects.toThrow(
        new RegExp(`127\\.0\\.0\\.1:${port}.*${kind.toUpperCase()}_ADDRESS`),
      );
      other.close();
    },
  );
});
