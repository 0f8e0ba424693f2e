import { request as httpRequest } from 'node:http';
import { connect } from 'node:http2';
import { create, toBinary } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { encodeEnvelope } from '@connectrpc/connect/protocol';
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../support/certificates.ts';
import { UploadRequestSchema } from '../support/echo/echo_pb.ts';
import { type Echo, openEcho } from '../support/echo-service.ts';

const authority = createAuthority('test authority');
const tls = { ...authority.issue('server'), clientAuthorities: undefined };
const message = encodeEnvelope(0, toBinary(UploadRequestSchema, create(UploadRequestSchema)));

/** Begins an upload over HTTP/2; what it returns cancels it as Node's clients do. */
function uploadOverHttp2(url: string, contentType: string): () => void {
  const session = connect(url, { ca: authority.certificate });
  const stream = session.request({
    ':method': 'POST',
    ':path': '/echo.v1.EchoService/Upload',
    'content-type': contentType,
    te: 'trailers',
  });
  for (const emitter of [session, stream]) emitter.on('error', () => {});
  stream.once('close', () => session.close());
  stream.write(message);
  return () => stream.close(8 /* CANCEL */);
}

function uploadOverHttp1(url: string): () => void {
  const request = httpRequest(`${url}/echo.v1.EchoService/Upload`, {
    method: 'POST',
    headers: { 'content-type': 'application/connect+proto' },
  });
  request.on('error', () => {});
  request.write(message);
  return () => request.destroy();
}

const ways: Readonly<
  Record<string, { readonly secure: boolean; readonly upload: (echo: Echo) => () => void }>
> = {
  'gRPC to the gRPC listener': {
    secure: false,
    upload: ({ grpcAddress }) => uploadOverHttp2(`http://${grpcAddress}`, 'application/grpc'),
  },
  'gRPC to the HTTP listener': {
    secure: true,
    upload: ({ httpUrl }) => uploadOverHttp2(httpUrl, 'application/grpc'),
  },
  'Connect over HTTP/2': {
    secure: true,
    upload: ({ httpUrl }) => uploadOverHttp2(httpUrl, 'application/connect+proto'),
  },
  'Connect over HTTP/1.1': { secure: false, upload: ({ httpUrl }) => uploadOverHttp1(httpUrl) },
};

describe.each(Object.entries(ways))('by %s', (_, { secure, upload }) => {
  it('a stream of requests that is cancelled halfway does not look complete', async () => {
    const heard = Promise.withResolvers<void>();
    const outcome = Promise.withResolvers<unknown>();
    await using echo = await openEcho(
      {
        upload: async (requests) => {
          try {
            for await (const _ of requests) heard.resolve();
            outcome.resolve('complete');
          } catch (error) {
            outcome.resolve(error);
          }
          return {};
        },
      },
      secure ? { tls } : {},
    );

    const cancel = upload(echo);
    await heard.promise;
    cancel();

    expect(await outcome.promise).toMatchObject({ code: expect.toBeOneOf([Code.Canceled, Code.Aborted]) });
  });
});
