import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient, type HandlerContext } from '@connectrpc/connect';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import type { Gate } from '../../src/rpc/implement.ts';
import { DownloadRequestSchema, SayRequestSchema, UploadRequestSchema } from '../support/echo/echo_pb.ts';
import { EchoService, openEcho } from '../support/echo-service.ts';
import { GrpcJsClient } from '../support/grpc-js-client.ts';

/** A unary method that waits until its signal aborts, and what it saw. */
function waitingMethod() {
  const started = Promise.withResolvers<HandlerContext>();
  const aborted = Promise.withResolvers<unknown>();
  const say = async (_: unknown, context: HandlerContext): Promise<never> => {
    started.resolve(context);
    await abortOf(context.signal);
    aborted.resolve(context.signal.reason);
    throw context.signal.reason;
  };
  return { say, started: started.promise, aborted: aborted.promise };
}

/** A stream that sends one message and then waits until its signal aborts. */
function waitingStream() {
  const finished = Promise.withResolvers<unknown>();
  async function* download(_: unknown, { signal }: HandlerContext) {
    try {
      yield { chunk: new Uint8Array(1) };
      await abortOf(signal);
    } finally {
      finished.resolve(signal.reason);
    }
  }
  return { download, finished: finished.promise };
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

describe.each(['grpc', 'connect', 'grpc-web'] as const)('by %s', (transport) => {
  it("a client's cancellation reaches the method's signal", async () => {
    const { say, started, aborted } = waitingMethod();
    await using echo = await openEcho({ say });
    const controller = new AbortController();
    const call = createClient(EchoService, echo.transport(transport)).say({}, { signal: controller.signal });
    call.catch(() => {});

    await started;
    controller.abort();

    await expect(call).rejects.toMatchObject({ code: Code.Canceled });
    await aborted;
  });

  it("the client's deadline aborts the method with DEADLINE_EXCEEDED", async () => {
    const { say, started, aborted } = waitingMethod();
    await using echo = await openEcho({ say });

    const call = createClient(EchoService, echo.transport(transport)).say({}, { timeoutMs: 200 });

    await expect(call).rejects.toMatchObject({ code: Code.DeadlineExceeded });
    const remaining = (await started).timeoutMs();
    expect(remaining).toBeLessThan(200);
    await aborted;
  });

  it('a call without a deadline has no time limit', async () => {
    const limits: unknown[] = [];
    await using echo = await openEcho({
      say: (_, context) => {
        limits.push(context.timeoutMs());
        return {};
      },
    });

    await createClient(EchoService, echo.transport(transport)).say({});

    expect(limits).toEqual([undefined]);
  });

  it('a client that leaves a stream ends its method', async () => {
    const { download, finished } = waitingStream();
    await using echo = await openEcho({ download });
    const controller = new AbortController();
    const stream = createClient(EchoService, echo.transport(transport)).download(
      {},
      { signal: controller.signal },
    );

    const messages = stream[Symbol.asyncIterator]();
    await messages.next();
    controller.abort();

    await expect(messages.next()).rejects.toMatchObject({ code: Code.Canceled });
    await finished;
  });

  it('the signal aborts after the answer, so that nothing is left behind', async () => {
    const signals: AbortSignal[] = [];
    await using echo = await openEcho({
      say: (_, { signal }) => {
        signals.push(signal);
        return {};
      },
    });

    await createClient(EchoService, echo.transport(transport)).say({});

    await expect.poll(() => signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

describe('the gRPC listener', () => {
  it('says why it aborted: the deadline', async () => {
    const { say, aborted } = waitingMethod();
    await using echo = await openEcho({ say });
    using client = new GrpcJsClient(echo.grpcAddress);

    const call = client.unary(EchoService.method.say, create(SayRequestSchema), {
      deadline: Date.now() + 100,
    });

    await expect(call).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await expect(aborted).resolves.toMatchObject({ code: Code.DeadlineExceeded });
  });

  it('says why it aborted: the client', async () => {
    const { download, finished } = waitingStream();
    await using echo = await openEcho({ download });
    using client = new GrpcJsClient(echo.grpcAddress);
    const call = client.serverStream(EchoService.method.download, create(DownloadRequestSchema), {
      deadline: Date.now() + 60_000,
    });
    call.on('error', () => {});
    call.once('data', () => call.cancel());

    await expect(finished).resolves.toMatchObject({ code: Code.Canceled });
  });

  it('cancels the method of a stream of requests whose client left', async () => {
    const heard = Promise.withResolvers<void>();
    const failure = Promise.withResolvers<unknown>();
    await using echo = await openEcho({
      upload: async (requests) => {
        try {
          for await (const _ of requests) heard.resolve();
        } catch (error) {
          failure.resolve(error);
        }
        return {};
      },
    });
    using client = new GrpcJsClient(echo.grpcAddress);
    const { call, answer } = client.clientStream(EchoService.method.upload);
    answer.catch(() => {});

    call.write(create(UploadRequestSchema));
    await heard.promise;
    call.cancel();

    expect(await failure.promise).toBeInstanceOf(ConnectError);
    expect(await failure.promise).toMatchObject({ code: Code.Canceled });
  });

  it('begins nothing for a client that left while the gate kept it', async () => {
    const kept = Promise.withResolvers<HandlerContext>();
    const opened = Promise.withResolvers<void>();
    let begun = 0;
    const upload = async () => {
      begun += 1;
      return {};
    };
    const gate: Gate = (_method, _authorization, context) => {
      kept.resolve(context());
      return opened.promise;
    };
    await using echo = await openEcho({ upload }, { grpc: { gate } });
    using client = new GrpcJsClient(echo.grpcAddress);
    const { call, answer } = client.clientStream(EchoService.method.upload);
    answer.catch(() => {});

    const { signal } = await kept.promise;
    call.cancel();
    await abortOf(signal);
    opened.resolve();
    // One that stays.
    const other = client.clientStream(EchoService.method.upload);
    other.call.end();
    await other.answer;

    expect(begun).toBe(1);
  });
});
