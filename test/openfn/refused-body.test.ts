import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { httpRefusal } from '../../src/openfn/http-refusal.ts';
import { keptLog } from '../support/logged.ts';
import { startTestService, type TestService } from '../support/service.ts';

const kept = keptLog();
let service: TestService;
beforeAll(async () => {
  service = await startTestService({}, kept.log);
});
afterAll(() => service.close());

const refused = (requestId: string) =>
  kept.saying('call refused').filter((line) => line.request_id === requestId);
const ofImport = {
  method: 'ProjectsService.ImportProject',
  subject: 'test-projects:admin',
  protocol: 'http',
};

it.each([
  ['the document is not JSON', '{'],
  ['the document is not UTF-8', '"\u00ff"'],
  ['the document is larger than 16777216 bytes', ' '.repeat(16 * 1024 * 1024 + 1)],
])('what is no document is logged and counted as an import that was refused: %s', async (message, text) => {
  const requestId = randomUUID();
  const answer = await fetch(`${service.httpUrl}/api/provision`, {
    method: 'POST',
    headers: { authorization: `Bearer ${service.admin}`, 'x-request-id': requestId },
    body: Buffer.from(text, 'latin1'),
  });
  expect([answer.status, answer.headers.get('x-request-id')]).toEqual([422, requestId]);
  expect(await answer.json()).toEqual({ errors: { base: [message] } });
  expect(refused(requestId)).toEqual([
    expect.objectContaining({ ...ofImport, code: 'INVALID_ARGUMENT', reason: 'DOCUMENT_INVALID' }),
  ]);
  const metrics = await (await fetch(`${service.httpUrl}/metrics`)).text();
  expect(metrics).toMatch(/_count\{.*ProjectsService.ImportProject.*INVALID_ARGUMENT.*\} [1-9]/);
});

it('a client that leaves before its document is whole has cancelled its import', async () => {
  const requestId = randomUUID();
  const authorization = `Bearer ${service.admin}`;
  const headers = { authorization, 'x-request-id': requestId, expect: '100-continue' };
  const posted = request(`${service.httpUrl}/api/provision`, { method: 'POST', headers });
  posted.on('error', () => {});
  posted.once('continue', () => {
    posted.write('{"id":');
    posted.destroy();
  });
  posted.flushHeaders();
  await expect
    .poll(() => refused(requestId))
    .toEqual([expect.objectContaining({ ...ofImport, code: 'CANCELLED' })]);
});

it('what nobody foresaw is told with the id by which the log knows it', () => {
  expect(httpRefusal(new Error('unforeseen'), 'an-id')).toEqual({
    status: 500,
    body: { error: 'internal error; quote the request id an-id when you report it' },
  });
});
