import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { status } from '@grpc/grpc-js';
import { type Logger, pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { BadRequestSchema, ErrorInfoSchema } from '../../src/gen/google/rpc/error_details_pb.ts';
import { SayRequestSchema, UploadRequestSchema } from '../support/echo/echo_pb.ts';
import { EchoService, openEcho } from '../support/echo-service.ts';
import { GrpcJsClient } from '../support/grpc-js-client.ts';

const info = create(ErrorInfoSchema, { domain: 'echo', reason: 'TOO_LOUD', metadata: { limit: '3' } });
const tooLarge = { domain: 'projects.lightning', reason: 'RESOURCE_EXHAUSTED' };
const badRequest = create(BadRequestSchema, {
  fieldViolations: [{ field: 'text', description: 'is a shout' }],
});

function refusal(): ConnectError {
  const details = [
    { desc: ErrorInfoSchema, value: info },
    { desc: BadRequestSchema, value: badRequest },
  ];
  return new ConnectError('text: is a shout – 100 %', Code.InvalidArgument, { 'x-why': 'noise' }, details);
}

const failing = {
  say: () => Promise.reject(refusal()),
  async *download({ chunks }: { chunks: number }) {
    for (let index = 0; index < chunks; index += 1) yield { chunk: new Uint8Array(1) };
    throw refusal();
  },
};

async function errorOf(attempt: Promise<unknown> | AsyncIterable<unknown>): Promise<ConnectError> {
  try {
    if (Symbol.asyncIterator in attempt) for await (const _ of attempt);
    else await attempt;
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error('the call did not fail');
}

describe.each(['grpc', 'connect JSON', 'connect', 'grpc-web'] as const)('by %s', (transport) => {
  it.each(['a unary call', 'a stream', 'a stream that had begun'])(
    '%s fails with its code and details',
    async (kind) => {
      await using echo = await openEcho(failing);
      const client = createClient(EchoService, echo.transport(transport));
      const chunks = kind === 'a stream' ? 0 : 3;

      const error = await errorOf(kind === 'a unary call' ? client.say({}) : client.download({ chunks }));

      expect(error.code).toBe(Code.InvalidArgument);
      expect(error.rawMessage).toBe('text: is a shout – 100 %');
      expect(error.findDetails(ErrorInfoSchema)).toEqual([info]);
      expect(error.findDetails(BadRequestSchema)).toEqual([badRequest]);
      expect(error.metadata.get('x-why')).toBe('noise');
    },
  );

  it('an error that nobody foresaw becomes INTERNAL and keeps its text to itself', async () => {
    const { log, lines } = recordingLog();
    const methods = { say: () => Promise.reject(new Error('password is 1234')) };
    await using echo = await openEcho(methods, { log });

    const error = await errorOf(createClient(EchoService, echo.transport(transport)).say({}));

    expect(error.code).toBe(Code.Internal);
    expect(error.message).not.toContain('1234');
    if (transport === 'grpc') expect(lines.join()).toContain('password is 1234');
  });

  it('a method that is not implemented answers UNIMPLEMENTED', async () => {
    await using echo = await openEcho({});
    const client = createClient(EchoService, echo.transport(transport));

    expect((await errorOf(client.say({}))).code).toBe(Code.Unimplemented);
    expect((await errorOf(client.download({}))).code).toBe(Code.Unimplemented);
  });

  it('a message over the limit answers RESOURCE_EXHAUSTED', async () => {
    await using echo = await openEcho({ say: ({ text }) => ({ text }) }, { limits: { messageBytes: 1000 } });
    const client = createClient(EchoService, echo.transport(transport));

    const error = await errorOf(client.say({ text: 'x'.repeat(2000) }));
    expect(error.code).toBe(Code.ResourceExhausted);
    // grpc-js ends such a call by itself.
    if (transport !== 'grpc') expect(error.findDetails(ErrorInfoSchema)).toMatchObject([tooLarge]);
    await expect(client.say({ text: 'x'.repeat(900) })).resolves.toBeDefined();
  });
});

it.each(['connect JSON', 'connect'] as const)(
  'a message over the limit ends a stream with its reason by %s',
  async (transport) => {
    const upload = async (requests: AsyncIterable<unknown>) => {
      for await (const _ of requests);
      return {};
    };
    await using echo = await openEcho({ upload }, { limits: { messageBytes: 1000 } });
    const client = createClient(EchoService, echo.transport(transport));

    const error = await errorOf(client.upload(one({ chunk: new Uint8Array(2000) })));

    expect(error.code).toBe(Code.ResourceExhausted);
    expect(error.findDetails(ErrorInfoSchema)).toMatchObject([tooLarge]);
  },
);

describe('the gRPC listener', () => {
  it('takes a document of 16 MiB', async () => {
    await using echo = await openEcho({ say: ({ text }) => ({ text: String(text.length) }) });
    const client = createClient(EchoService, echo.transport('grpc'));

    await expect(client.say({ text: 'x'.repeat(16 << 20) })).resolves.toMatchObject({
      text: String(16 << 20),
    });
  });

  it('answers UNIMPLEMENTED to an unknown method', async () => {
    await using echo = await openEcho({});
    using client = new GrpcJsClient(echo.grpcAddress);

    await expect(client.raw('/echo.v1.EchoService/Shout', Buffer.of())).rejects.toMatchObject({
      code: status.UNIMPLEMENTED,
    });
  });

  it('answers INTERNAL to bytes that are no message, and goes on', async () => {
    await using echo = await openEcho({ say: ({ text }) => ({ text }) });
    using client = new GrpcJsClient(echo.grpcAddress);

    await expect(client.raw('/echo.v1.EchoService/Say', Buffer.of(0xff, 0xff))).rejects.toMatchObject({
      code: status.INTERNAL,
    });
    await expect(client.unary(EchoService.method.say, create(SayRequestSchema))).resolves.toBeDefined();
  });

  it('sends the trailers of a failed call, and survives metadata that gRPC cannot carry', async () => {
    await using echo = await openEcho({
      say: (_, { responseTrailer }) => {
        responseTrailer.set('x-tried', 'once');
        throw new ConnectError('cut \ud83d', Code.Aborted, {
          'x-latin': 'é',
          'grpc-status': '0',
          'x-fine': 'yes',
        });
      },
    });
    using client = new GrpcJsClient(echo.grpcAddress);

    const error = await client
      .unary(EchoService.method.say, create(SayRequestSchema))
      .catch((reason) => reason);

    expect(error).toMatchObject({ code: status.ABORTED, details: 'cut \ufffd' });
    expect(error.metadata.getMap()).toMatchObject({ 'x-tried': 'once', 'x-fine': 'yes' });
    expect(error.metadata.get('x-latin')).toEqual([]);
  });

  it('ends a stream of requests with the error of its method', async () => {
    await using echo = await openEcho({
      upload: async (requests) => {
        for await (const _ of requests) throw refusal();
        return {};
      },
    });
    using client = new GrpcJsClient(echo.grpcAddress);
    const { call, answer } = client.clientStream(EchoService.method.upload);
    call.write(create(UploadRequestSchema));

    await expect(answer).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  });
});

function recordingLog(): { readonly log: Logger; readonly lines: readonly string[] } {
  const lines: string[] = [];
  return { log: pino({}, { write: (line: string) => lines.push(line) }), lines };
}

async function* one<T>(message: T): AsyncGenerator<T> {
  yield message;
}
