import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { Writable } from 'node:stream';
import { create, toBinary } from '@bufbuild/protobuf';
import { encodeEnvelope } from '@connectrpc/connect/protocol';
import { describe, expect, it } from 'vitest';
import { DownloadRequestSchema, UploadRequestSchema } from '../support/echo/echo_pb.ts';
import { type Echo, openEcho } from '../support/echo-service.ts';
import { beginRawGrpc } from '../support/raw-grpc.ts';
import { settled } from '../support/settled.ts';

const chunkBytes = 64 * 1024;
/** Far more than the buffers of both sockets and of a stream hold: 10 MiB, and 32 MiB of a kernel's for TCP. */
const boundedChunks = 42 * 16;

const download = encodeEnvelope(0, toBinary(DownloadRequestSchema, create(DownloadRequestSchema)));
const upload = encodeEnvelope(
  0,
  toBinary(UploadRequestSchema, create(UploadRequestSchema, { chunk: new Uint8Array(chunkBytes) })),
);

/** A request whose answer nobody reads until somebody does. */
interface OpenRequest {
  readonly body: Writable;
  /** Reads the answer to its end. */
  read(): Promise<Buffer>;
  leave(): void;
}

/** Plain sockets' clients: those of the libraries read ahead and buffer by themselves. */
const clients = {
  gRPC: (echo: Echo, method: string): OpenRequest => {
    const { session, stream } = beginRawGrpc(`http://${echo.grpcAddress}`, `/echo.v1.EchoService/${method}`);
    return {
      body: stream,
      read: async () => Buffer.concat(await stream.toArray()),
      leave: () => session.destroy(),
    };
  },
  'Connect over HTTP/1.1': (echo: Echo, method: string): OpenRequest => {
    const request = httpRequest(`${echo.httpUrl}/echo.v1.EchoService/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/connect+proto' },
    });
    request.on('error', () => {});
    const answer = once(request, 'response');
    answer.catch(() => {});
    return {
      body: request,
      read: async () => Buffer.concat(await (await answer)[0].toArray()),
      leave: () => request.destroy(),
    };
  },
};

/** A counter's value when it has stopped growing. */
function stalled(counter: () => number): Promise<number> {
  return settled(() => counter() || undefined);
}

describe.each(Object.entries(clients))('by %s', (_, open) => {
  it('a stream waits for a client that does not read, and ends when the client leaves', async () => {
    let produced = 0;
    const finished = Promise.withResolvers<void>();
    await using echo = await openEcho({
      async *download() {
        try {
          for (;;) {
            produced += 1;
            yield { chunk: new Uint8Array(chunkBytes) };
          }
        } finally {
          finished.resolve();
        }
      },
    });
    const request = open(echo, 'Download');
    request.body.end(download);

    expect(await stalled(() => produced)).toBeLessThan(boundedChunks);

    request.leave();
    await finished.promise;
  });

  it('a client waits for a method that does not read, and loses nothing', async () => {
    const resume = Promise.withResolvers<void>();
    let received = 0;
    await using echo = await openEcho({
      upload: async (requests) => {
        await resume.promise;
        for await (const { chunk } of requests) received += chunk.length;
        return {};
      },
    });
    const request = open(echo, 'Upload');
    let sent = 0;
    const send = () => {
      if (sent === 2 * boundedChunks) return void request.body.end();
      request.body.write(upload, (error) => {
        if (error) return;
        sent += 1;
        send();
      });
    };
    send();

    expect(await stalled(() => sent)).toBeLessThan(boundedChunks);

    resume.resolve();
    await request.read();
    expect(received).toBe(2 * boundedChunks * chunkBytes);
    request.leave();
  });
});
