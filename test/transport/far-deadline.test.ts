import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SayRequestSchema } from '../support/echo/echo_pb.ts';
import { type Echo, EchoService, openEcho } from '../support/echo-service.ts';
import { GrpcJsClient } from '../support/grpc-js-client.ts';

const say = EchoService.method.say;
const DAY_MS = 24 * 60 * 60 * 1000;

describe('a deadline that is farther away than timers reach', () => {
  let echo: Echo;
  beforeAll(async () => {
    echo = await openEcho({
      say: (_request, context) => ({ text: `${Math.round((context.timeoutMs() ?? 0) / DAY_MS)} days` }),
    });
  });
  afterAll(() => echo[Symbol.asyncDispose]());

  it.each([30, 50, 365, 100_000])('has not passed by gRPC: %d days', async (days) => {
    using client = new GrpcJsClient(echo.grpcAddress);
    const deadline = Date.now() + days * DAY_MS;

    const { message } = await client.unary(say, create(SayRequestSchema), { deadline });

    expect(message.text).toBe('25 days');
  });

  it.each([
    ['application/json', 'connect-timeout-ms', '2147483648', '{}'],
    ['application/json', 'connect-timeout-ms', '9999999999', '{}'],
    ['application/grpc-web+proto', 'grpc-timeout', '30000H', '\0\0\0\0\0'],
    ['application/grpc-web+proto', 'grpc-timeout', '99999999M', '\0\0\0\0\0'],
    ['application/grpc-web+proto', 'grpc-timeout', '2592000S', '\0\0\0\0\0'],
  ])('has not passed over HTTP: %s, %s: %s', async (contentType, header, value, body) => {
    const response = await fetch(`${echo.httpUrl}/${EchoService.typeName}/${say.name}`, {
      method: 'POST',
      headers: { 'content-type': contentType, [header]: value },
      body,
    });

    expect(await response.text()).toContain('25 days');
  });

  it('leaves one that is nearer as it is', async () => {
    using client = new GrpcJsClient(echo.grpcAddress);
    const deadline = Date.now() + 20 * DAY_MS;

    const { message } = await client.unary(say, create(SayRequestSchema), { deadline });

    expect(message.text).toBe('20 days');
  });
});
