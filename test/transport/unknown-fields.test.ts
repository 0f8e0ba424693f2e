import { expect, it } from 'vitest';
import type { SayRequest } from '../support/echo/echo_pb.ts';
import { EchoService, openEcho } from '../support/echo-service.ts';
import { GrpcJsClient } from '../support/grpc-js-client.ts';

const say = `${EchoService.typeName}/Say`;
// text: "hi", and a field 15 that the contract does not have.
const message = Uint8Array.of(0x0a, 2, 0x68, 0x69, 0x78, 1);

it('keeps nothing of fields that are not in the contract: millions fit into one message', async () => {
  const heard: SayRequest[] = [];
  await using echo = await openEcho({
    say: (request) => {
      heard.push(request);
      return {};
    },
  });
  using client = new GrpcJsClient(echo.grpcAddress);

  await client.raw(`/${say}`, message);
  for (const [contentType, body] of [
    ['application/proto', message],
    ['application/grpc-web+proto', Uint8Array.of(0, 0, 0, 0, message.length, ...message)],
  ] as const) {
    const headers = { 'content-type': contentType };
    await fetch(`${echo.httpUrl}/${say}`, { method: 'POST', headers, body });
  }

  expect(heard.map(({ text }) => text)).toEqual(['hi', 'hi', 'hi']);
  expect(heard.flatMap(({ $unknown }) => $unknown ?? [])).toEqual([]);
});
