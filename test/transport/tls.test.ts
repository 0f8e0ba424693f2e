import { createPrivateKey } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { encodeEnvelope } from '@connectrpc/connect/protocol';
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import { credentials } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { ErrorInfoSchema } from '../../src/gen/google/rpc/error_details_pb.ts';
import { StartupError } from '../../src/startup-error.ts';
import { readTlsIdentity } from '../../src/transport/tls.ts';
import { createAuthority } from '../support/certificates.ts';
import { SayRequestSchema } from '../support/echo/echo_pb.ts';
import { type Echo, EchoService, openEcho } from '../support/echo-service.ts';
import { GrpcJsClient } from '../support/grpc-js-client.ts';

const authority = createAuthority('test authority');
const server = { ...authority.issue('server'), clientAuthorities: undefined };
const say = create(SayRequestSchema, { text: 'hello' });
const methods = {
  say: ({ text }: { text: string }, { url, protocolName }: { url: string; protocolName: string }) => ({
    text: `${text} by ${protocolName} to ${new URL(url).protocol}`,
  }),
};

function connectClient(
  echo: Echo,
  httpVersion: '1.1' | '2',
  nodeOptions: object = { ca: authority.certificate },
) {
  return createClient(
    EchoService,
    createConnectTransport({ baseUrl: echo.httpUrl, httpVersion, nodeOptions }),
  );
}

function grpcJsClient(echo: Echo, client?: { readonly certificate: Buffer; readonly key: Buffer }) {
  return new GrpcJsClient(
    echo.grpcAddress,
    credentials.createSsl(authority.certificate, client?.key, client?.certificate),
  );
}

describe('under TLS', () => {
  it('the gRPC listener answers', async () => {
    await using echo = await openEcho(methods, { tls: server });
    using client = grpcJsClient(echo);

    const { message } = await client.unary(EchoService.method.say, say);

    expect(message.text).toBe('hello by grpc to https:');
  });

  it.each(['1.1', '2'] as const)('the HTTP listener answers over HTTP/%s', async (version) => {
    await using echo = await openEcho(methods, { tls: server });

    expect((await connectClient(echo, version).say(say)).text).toBe('hello by connect to https:');
  });

  it('the HTTP listener speaks gRPC too', async () => {
    await using echo = await openEcho(methods, { tls: server });
    const nodeOptions = { ca: authority.certificate };
    const client = createClient(EchoService, createGrpcTransport({ baseUrl: echo.httpUrl, nodeOptions }));

    expect((await client.say(say)).text).toBe('hello by grpc to https:');
  });

  it('both listeners encode the details of an error alike', async () => {
    const details = [
      { desc: ErrorInfoSchema, value: { domain: 'echo', reason: 'LOUD', metadata: { limit: '3' } } },
    ];
    const refuse = () =>
      Promise.reject(new ConnectError('not so loud', Code.InvalidArgument, undefined, details));
    await using echo = await openEcho({ say: refuse }, { tls: server });

    const [ours, connects] = await Promise.all([
      statusDetails(`https://${echo.grpcAddress}`),
      statusDetails(echo.httpUrl),
    ]);

    expect(ours.length).toBeGreaterThan(0);
    expect(ours).toEqual(connects);
  });
});

describe('under mTLS', () => {
  const tls = { ...server, clientAuthorities: authority.certificate };
  const known = authority.issue('client');
  const stranger = createAuthority('another authority').issue('client');

  it('clients with a certificate of the authority are answered', async () => {
    await using echo = await openEcho(methods, { tls });
    using client = grpcJsClient(echo, known);
    const nodeOptions = { ca: authority.certificate, cert: known.certificate, key: known.key };

    await expect(client.unary(EchoService.method.say, say)).resolves.toBeDefined();
    for (const version of ['1.1', '2'] as const) {
      await expect(connectClient(echo, version, nodeOptions).say(say)).resolves.toBeDefined();
    }
  });

  it.each([
    ['without a certificate', undefined],
    ["with a stranger's certificate", stranger],
  ])('clients %s are not', async (_, certificate) => {
    await using echo = await openEcho(methods, { tls });
    using client = grpcJsClient(echo, certificate);
    const nodeOptions = { ca: authority.certificate, cert: certificate?.certificate, key: certificate?.key };

    await expect(client.unary(EchoService.method.say, say)).rejects.toThrow();
    await expect(connectClient(echo, '1.1', nodeOptions).say(say)).rejects.toThrow();
  });
});

describe('reading the files of a TLS identity', () => {
  it('gives what they hold', async () => {
    await using files = await directory({ 'cert.pem': server.certificate, 'key.pem': server.key });
    const paths = {
      certFile: files.path('cert.pem'),
      keyFile: files.path('key.pem'),
      clientCaFile: undefined,
    };

    await expect(readTlsIdentity(paths)).resolves.toEqual(server);
    await expect(readTlsIdentity({ ...paths, clientCaFile: paths.certFile })).resolves.toEqual({
      ...server,
      clientAuthorities: server.certificate,
    });
  });

  it('names the setting whose file is missing', async () => {
    await using files = await directory({ 'cert.pem': server.certificate });
    const paths = {
      certFile: files.path('cert.pem'),
      keyFile: files.path('no.pem'),
      clientCaFile: undefined,
    };

    await expect(readTlsIdentity(paths)).rejects.toThrow(StartupError);
    await expect(readTlsIdentity(paths)).rejects.toThrow(/^TLS_KEY_FILE .*no\.pem/);
  });

  it('refuses a certificate and a key that do not belong together', async () => {
    await using files = await directory({
      'cert.pem': server.certificate,
      'key.pem': authority.issue('x').key,
    });
    const paths = {
      certFile: files.path('cert.pem'),
      keyFile: files.path('key.pem'),
      clientCaFile: undefined,
    };

    await expect(readTlsIdentity(paths)).rejects.toThrow(StartupError);
  });

  it('refuses an encrypted key, for which nobody is asked', async () => {
    const cipher = { type: 'pkcs8', format: 'pem', cipher: 'aes256', passphrase: 'known' } as const;
    const encrypted = Buffer.from(createPrivateKey(server.key).export(cipher));
    await using files = await directory({ 'cert.pem': server.certificate, 'key.pem': encrypted });
    const paths = {
      certFile: files.path('cert.pem'),
      keyFile: files.path('key.pem'),
      clientCaFile: undefined,
    };

    await expect(readTlsIdentity(paths)).rejects.toThrow(/^TLS_KEY_FILE .*key\.pem is encrypted/);
  });

  it.each([
    ['is empty', Buffer.of()],
    ['holds a key', server.key],
  ])('refuses authorities of clients whose file %s', async (_, authorities) => {
    await using files = await directory({
      'cert.pem': server.certificate,
      'key.pem': server.key,
      'ca.pem': authorities,
    });
    const paths = {
      certFile: files.path('cert.pem'),
      keyFile: files.path('key.pem'),
      clientCaFile: files.path('ca.pem'),
    };

    await expect(readTlsIdentity(paths)).rejects.toThrow(StartupError);
    await expect(readTlsIdentity(paths)).rejects.toThrow(/^TLS_CLIENT_CA_FILE .*ca\.pem/);
  });
});

/** The bytes of `grpc-status-details-bin` that a gRPC call to `Say` is refused with. */
async function statusDetails(url: string): Promise<Buffer> {
  const session = connect(url, { ca: authority.certificate });
  const stream = session.request({
    ':method': 'POST',
    ':path': '/echo.v1.EchoService/Say',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const { promise, resolve } = Promise.withResolvers<string>();
  for (const event of ['response', 'trailers']) {
    stream.on(event, (headers: Record<string, string>) => {
      const details = headers['grpc-status-details-bin'];
      if (details !== undefined) resolve(details);
    });
  }
  stream.end(encodeEnvelope(0, toBinary(SayRequestSchema, say)));
  stream.resume();
  const details = Buffer.from(await promise, 'base64');
  session.close();
  return details;
}

async function directory(files: Readonly<Record<string, Buffer>>) {
  const root = await mkdtemp(join(tmpdir(), 'tls-'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(root, name), content);
  return {
    path: (name: string) => join(root, name),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  };
}
