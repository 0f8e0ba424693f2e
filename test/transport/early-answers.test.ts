import { once } from 'node:events';
import { constants } from 'node:http2';
import { create, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { encodeEnvelope } from '@connectrpc/connect/protocol';
import { describe, expect, it } from 'vitest';
import { UploadRequestSchema } from '../support/echo/echo_pb.ts';
import { type EchoMethods, EchoService, openEcho } from '../support/echo-service.ts';
import { beginRawGrpc } from '../support/raw-grpc.ts';

const message = { chunk: new Uint8Array(1000) };

/** What comes of an upload whose client sends one message and waits for the answer. */
async function unfinishedUpload(grpcAddress: string) {
  const path = `/${EchoService.typeName}/${EchoService.method.upload.name}`;
  const { session, stream } = beginRawGrpc(`http://${grpcAddress}`, path);
  let received = {};
  for (const part of ['response', 'trailers']) {
    stream.on(part, (headers) => {
      received = { ...received, ...headers };
    });
  }
  stream
    .resume()
    .write(encodeEnvelope(0, toBinary(UploadRequestSchema, create(UploadRequestSchema, message))));
  await once(stream, 'close');
  session.destroy();
  return { ...received, rstCode: stream.rstCode };
}

const refused: EchoMethods = {
  upload: (_, context) => {
    context.responseHeader.set('x-asked', 'once');
    throw new ConnectError('not you', Code.PermissionDenied);
  },
};

const bluntly: EchoMethods = {
  upload: () => {
    throw new ConnectError('not you', Code.PermissionDenied);
  },
};

describe('an answer that comes before its client has sent everything', () => {
  it.each<[string, EchoMethods, string]>([
    ['a refusal by headers alone', bluntly, '7'],
    ['a refusal', refused, '7'],
    ['a success', { upload: async () => ({ chunks: 1 }) }, '0'],
  ])('ends the stream of the call: %s', async (_, methods, status) => {
    await using echo = await openEcho(methods);

    expect(await unfinishedUpload(echo.grpcAddress)).toMatchObject({
      'grpc-status': status,
      rstCode: constants.NGHTTP2_NO_ERROR,
    });
  });

  it('takes none of the calls that the connection may have open', async () => {
    await using echo = await openEcho({ ...refused, say: () => ({}) }, { limits: { callsPerConnection: 2 } });
    const client = createClient(EchoService, echo.transport('grpc'));
    async function* endless() {
      for (;;) yield message;
    }

    for (let call = 0; call < 5; call += 1) {
      await expect(client.upload(endless(), { timeoutMs: 30_000 })).rejects.toMatchObject({
        code: Code.PermissionDenied,
      });
    }

    await client.say({}, { timeoutMs: 30_000 });
  });
});
