import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { credentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RenewedTls } from '../../src/transport/tls-renewal.ts';
import { type Certificate, createAuthority } from '../support/certificates.ts';
import { SayRequestSchema } from '../support/echo/echo_pb.ts';
import { type Echo, EchoService, openEcho } from '../support/echo-service.ts';
import { GrpcJsClient } from '../support/grpc-js-client.ts';
import { keptLog } from '../support/logged.ts';

const LOOK_EVERY_MS = 20;
const TAKEN = 'the files of TLS have changed; new connections are served with them';
const NOT_TAKEN = 'the files of TLS cannot be taken; those read before are served on';

const before = createAuthority('before');
const after = createAuthority('after');
const say = create(SayRequestSchema, { text: 'hello' });
const methods = { say: ({ text }: { readonly text: string }) => ({ text }) };

let folder: string;
let files: { readonly certFile: string; readonly keyFile: string; readonly clientCaFile: string | undefined };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-renewal-'));
  files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem'), clientCaFile: undefined };
  await write(before.issue('server'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write({ certificate, key }: Certificate): Promise<void> {
  await replace(files.certFile, certificate);
  await replace(files.keyFile, key);
}

/** At once, so that nobody sees half of it. */
async function replace(file: string, content: Buffer): Promise<void> {
  await writeFile(`${file}.new`, content);
  await rename(`${file}.new`, file);
}

/** Whether whoever trusts the authority alone is answered over a new connection, by the gRPC and the HTTP listener. */
async function answered(
  echo: Echo,
  ca: Buffer,
  client?: Certificate,
): Promise<[grpc: boolean, http: boolean]> {
  using grpc = new GrpcJsClient(
    echo.grpcAddress,
    credentials.createSsl(ca, client?.key, client?.certificate),
  );
  const nodeOptions = { ca, cert: client?.certificate, key: client?.key, agent: false };
  const http = createClient(
    EchoService,
    createConnectTransport({ baseUrl: echo.httpUrl, httpVersion: '1.1', nodeOptions }),
  );
  const calls = [grpc.unary(EchoService.method.say, say), http.say(say)];
  const [first, second] = (await Promise.allSettled(calls)).map(({ status }) => status === 'fulfilled');
  return [first === true, second === true];
}

describe('files of TLS that are renewed', () => {
  it('are served by both listeners without a restart', async () => {
    const { log, saying } = keptLog();
    await using tls = await RenewedTls.open(files, log, LOOK_EVERY_MS);
    await using echo = await openEcho(methods, { tls });
    expect(await answered(echo, before.certificate)).toEqual([true, true]);
    expect(await answered(echo, after.certificate)).toEqual([false, false]);

    await write(after.issue('server'));

    await expect.poll(() => answered(echo, after.certificate)).toEqual([true, true]);
    expect(await answered(echo, before.certificate)).toEqual([false, false]);
    expect(saying(TAKEN)).toMatchObject([{ validTo: expect.stringMatching(/ GMT$/) }]);
  });

  it('let calls end that began before, and ask their gRPC clients to come again', async () => {
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { log, saying } = keptLog();
    await using tls = await RenewedTls.open(files, log, LOOK_EVERY_MS);
    const slowly = async ({ text }: { readonly text: string }) => {
      if (text !== 'slow') return { text };
      begin();
      await over;
      return { text };
    };
    await using echo = await openEcho({ say: slowly }, { tls });
    using client = new GrpcJsClient(
      echo.grpcAddress,
      credentials.createSsl(Buffer.concat([before.certificate, after.certificate])),
    );
    const slow = client.unary(EchoService.method.say, create(SayRequestSchema, { text: 'slow' }));
    await begun;

    await write(after.issue('server'));
    await expect.poll(() => saying(TAKEN)).toHaveLength(1);

    await expect(client.unary(EchoService.method.say, say)).resolves.toBeDefined();
    end();
    expect((await slow).message.text).toBe('slow');
  });

  it('may be other authorities of clients', async () => {
    const ca = join(folder, 'ca.pem');
    files = { ...files, clientCaFile: ca };
    await replace(ca, before.certificate);
    await using tls = await RenewedTls.open(files, keptLog().log, LOOK_EVERY_MS);
    await using echo = await openEcho(methods, { tls });
    const [former, latter] = [before.issue('client'), after.issue('client')];
    expect(await answered(echo, before.certificate, former)).toEqual([true, true]);
    expect(await answered(echo, before.certificate, latter)).toEqual([false, false]);

    await replace(ca, after.certificate);

    await expect.poll(() => answered(echo, before.certificate, latter)).toEqual([true, true]);
    expect(await answered(echo, before.certificate, former)).toEqual([false, false]);
  });

  it('change nothing until they belong together, which is told once', async () => {
    const { log, saying } = keptLog();
    await using tls = await RenewedTls.open(files, log, LOOK_EVERY_MS);
    await using echo = await openEcho(methods, { tls });
    const renewed = after.issue('server');

    await replace(files.certFile, renewed.certificate);
    await expect.poll(() => saying(NOT_TAKEN)).toHaveLength(1);
    expect(await answered(echo, before.certificate)).toEqual([true, true]);
    expect(saying(NOT_TAKEN)).toMatchObject([{ reason: expect.stringContaining('TLS_KEY_FILE') }]);

    await replace(files.keyFile, renewed.key);
    await expect.poll(() => answered(echo, after.certificate)).toEqual([true, true]);
    expect(saying(NOT_TAKEN)).toHaveLength(1);
  });

  it('change nothing while one is gone', async () => {
    const { log, saying } = keptLog();
    await using tls = await RenewedTls.open(files, log, LOOK_EVERY_MS);
    await using echo = await openEcho(methods, { tls });

    await rm(files.keyFile);

    await expect.poll(() => saying(NOT_TAKEN)).toHaveLength(1);
    expect(await answered(echo, before.certificate)).toEqual([true, true]);
  });
});
