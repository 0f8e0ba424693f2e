import { create } from '@bufbuild/protobuf';
import { createClient, encodeBinaryHeader } from '@connectrpc/connect';
import { Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConverseRequestSchema, SayRequestSchema, UploadRequestSchema } from '../support/echo/echo_pb.ts';
import { type Echo, type EchoMethods, EchoService, openEcho } from '../support/echo-service.ts';
import { GrpcJsClient } from '../support/grpc-js-client.ts';

const bytes = Uint8Array.of(0, 1, 0xfe, 0xff);

const methods: EchoMethods = {
  say: ({ text }, context) => {
    context.responseHeader.set('x-heard', context.requestHeader.get('x-said') ?? '');
    context.responseHeader.set('x-heard-bin', context.requestHeader.get('x-said-bin') ?? '');
    context.responseTrailer.set('x-words', String(text.split(' ').length));
    return { text: `${text}!` };
  },
  async *download({ chunks, chunkBytes }) {
    for (let index = 0; index < chunks; index += 1) yield { chunk: new Uint8Array(chunkBytes).fill(index) };
  },
  async upload(requests) {
    let [chunks, size] = [0, 0];
    for await (const { chunk } of requests) [chunks, size] = [chunks + 1, size + chunk.length];
    return { chunks, bytes: size };
  },
  async *converse(requests) {
    for await (const { text } of requests) yield { text: text.toUpperCase() };
  },
};

describe('calls through both listeners', () => {
  let echo: Echo;
  beforeAll(async () => {
    echo = await openEcho(methods);
  });
  afterAll(() => echo[Symbol.asyncDispose]());

  describe.each(['grpc', 'connect JSON', 'connect', 'grpc-web'] as const)('by %s', (transport) => {
    const client = () => createClient(EchoService, echo.transport(transport));

    it('answers a unary call with its message, headers and trailers', async () => {
      let header = new Headers();
      let trailer = new Headers();
      const answer = await client().say(
        { text: 'good day' },
        {
          headers: { 'x-said': 'hello', 'x-said-bin': encodeBinaryHeader(bytes) },
          onHeader: (received) => {
            header = received;
          },
          onTrailer: (received) => {
            trailer = received;
          },
        },
      );

      expect(answer.text).toBe('good day!');
      expect(header.get('x-heard')).toBe('hello');
      expect(Buffer.from(header.get('x-heard-bin') ?? '', 'base64')).toEqual(Buffer.from(bytes));
      expect(trailer.get('x-words')).toBe('2');
    });

    it('streams answers in order', async () => {
      const firstBytes: (number | undefined)[] = [];
      for await (const { chunk } of client().download({ chunks: 40, chunkBytes: 3 }))
        firstBytes.push(chunk[0]);

      expect(firstBytes).toEqual(Array.from({ length: 40 }, (_, index) => index));
    });
  });

  // Connect's clients stream requests over HTTP/1.1 too, gRPC-Web's do not.
  it.each(['grpc', 'connect'] as const)('takes a stream of requests by %s', async (transport) => {
    const client = createClient(EchoService, echo.transport(transport));
    async function* chunks() {
      for (let index = 0; index < 40; index += 1) yield { chunk: new Uint8Array(1000) };
    }

    await expect(client.upload(chunks())).resolves.toMatchObject({ chunks: 40, bytes: 40_000 });
  });

  it('answers message by message in a conversation', async () => {
    using client = new GrpcJsClient(echo.grpcAddress);
    const call = client.bidiStream(EchoService.method.converse);
    const answers = call[Symbol.asyncIterator]();

    for (const text of ['one', 'two']) {
      call.write(create(ConverseRequestSchema, { text }));
      expect((await answers.next()).value).toMatchObject({ text: text.toUpperCase() });
    }
    call.end();
    expect(await answers.next()).toEqual({ done: true, value: undefined });
  });

  it("carries grpc-js's binary metadata both ways", async () => {
    using client = new GrpcJsClient(echo.grpcAddress);
    const metadata = new Metadata();
    metadata.set('x-said-bin', Buffer.from(bytes));

    const { header } = await client.unary(EchoService.method.say, create(SayRequestSchema), { metadata });

    expect(header.get('x-heard-bin')).toEqual([Buffer.from(bytes)]);
  });
});

it('lets a method answer a stream of requests before it has ended', async () => {
  await using echo = await openEcho({
    upload: async (requests) => {
      for await (const { chunk } of requests) return { chunks: 1, bytes: chunk.length };
      return {};
    },
    async *converse(requests) {
      for await (const { text } of requests) {
        yield { text };
        break;
      }
      yield { text: 'that is all' };
    },
  });
  using client = new GrpcJsClient(echo.grpcAddress);

  const { call, answer } = client.clientStream(EchoService.method.upload);
  call.write(create(UploadRequestSchema, { chunk: bytes }));
  await expect(answer).resolves.toMatchObject({ chunks: 1, bytes: 4 });

  const conversation = client.bidiStream(EchoService.method.converse);
  conversation.write(create(ConverseRequestSchema, { text: 'hello' }));
  const texts: string[] = [];
  for await (const { text } of conversation) texts.push(text);
  expect(texts).toEqual(['hello', 'that is all']);
});
