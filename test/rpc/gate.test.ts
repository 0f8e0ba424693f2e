import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:http2';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keptLog } from '../support/logged.ts';
import { startTestService, type TestService } from '../support/service.ts';

const { log, entries } = keptLog();
let service: TestService;
beforeAll(async () => {
  service = await startTestService({}, log);
});
afterAll(() => service.close());

const projects = '/lightning.projects.v1.ProjectsService';

it.each([
  ['a unary call', `${projects}/ImportProject`, 'application/json', 401],
  ['a stream', `${projects}/ImportProjectStream`, 'application/connect+json', 200],
  ['a call by gRPC-Web', `${projects}/ImportProject`, 'application/grpc-web+proto', 200],
  ['the provisioning API', '/api/provision', 'application/json', 401],
])('refuses who has no token before anything of a message is there: %s', async (_, path, type, status) => {
  const id = randomUUID();
  const headers = { 'content-type': type, 'content-length': 1000, 'x-request-id': id };
  const call = request(`${service.httpUrl}${path}`, { method: 'POST', headers });
  call.flushHeaders();

  const [response]: IncomingMessage[] = await once(call, 'response');
  const said = JSON.stringify([response?.headers, response && (await text(response))]);
  call.destroy();

  expect(response?.statusCode).toBe(status);
  expect(response?.headers['x-request-id']).toBe(id);
  expect(said).toMatch(/authorization: Bearer|authorization%3A%20Bearer/);
  const lines = entries.filter(({ request_id }) => request_id === id);
  expect(lines).toMatchObject([{ msg: 'call refused', code: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING' }]);
});

it('refuses who has no token before anything of a message is there: a call by gRPC', async () => {
  const id = randomUUID();
  const client = connect(service.grpcUrl);
  const call = client.request({
    ':method': 'POST',
    ':path': `${projects}/ImportProject`,
    'content-type': 'application/grpc',
    te: 'trailers',
    'x-request-id': id,
  });
  // A message of 1,000 bytes, of which none comes.
  call.write(Uint8Array.of(0, 0, 0, 3, 232));

  const [headers] = await once(call, 'response');
  const [trailers] = await once(call.resume(), 'trailers');
  client.destroy();

  expect(headers['x-request-id']).toBe(id);
  expect(trailers).toMatchObject({ 'grpc-status': '16' });
  const lines = entries.filter(({ request_id }) => request_id === id);
  expect(lines).toMatchObject([{ msg: 'call refused', code: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING' }]);
});
