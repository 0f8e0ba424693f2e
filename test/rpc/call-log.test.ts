import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { encodeEnvelope } from '@connectrpc/connect/protocol';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { execute } from '../support/database.ts';
import { aLargeProject, aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import {
  aUser,
  ProjectsService,
  startTestService,
  type TestService,
  type TestUser,
  userToken,
} from '../support/service.ts';
import { openStalledExport } from '../support/stalled-export.ts';

const SECRET = 'the-text-of-a-body';
const ways = ['client', 'httpClient'] as const;
let service: TestService;
let superuser: TestUser;
let lines: string[] = [];

beforeAll(async () => {
  service = await startTestService(
    {},
    pino({ level: 'trace', base: null }, { write: (line: string) => void lines.push(line) }),
  );
  superuser = await aUser(service, { superuser: true });
  // Fails as something that nobody foresaw: PostgreSQL quotes the row, MikroORM the statement.
  await execute(
    service.databaseUrl,
    `alter table projects add constraint unforeseen check (description is distinct from '${SECRET}')`,
  );
});

afterAll(() => service.close());

beforeEach(() => {
  lines = [];
});

/** The lines of one call, which a test names by its request id. */
function linesOf(requestId: string): Record<string, unknown>[] {
  return lines.map((line) => JSON.parse(line)).filter(({ request_id: id }) => id === requestId);
}

function named(requestId: string) {
  return { headers: { 'x-request-id': requestId } };
}

for (const way of ways) {
  describe(`The log of calls (${way})`, () => {
    it('has one line for a call: what, who, how it ended, how long it took', async () => {
      const { id } = await aProject(service);
      const requestId = randomUUID();
      await service[way](ProjectsService, service.admin).getProject({ id }, named(requestId));
      expect(linesOf(requestId)).toEqual([
        {
          level: pino.levels.values.debug,
          time: expect.any(Number),
          msg: 'call',
          method: 'ProjectsService.GetProject',
          code: 'OK',
          ms: expect.any(Number),
          request_id: requestId,
          subject: 'test-projects:admin',
          protocol: way === 'client' ? 'grpc' : 'connect',
        },
      ]);
    });

    it('has one line for a refused call, with the reason', async () => {
      const requestId = randomUUID();
      const client = service[way](ProjectsService, superuser.token);
      await refusal(client.getProject({ id: randomUUID() }, named(requestId)));
      expect(linesOf(requestId)).toEqual([
        expect.objectContaining({
          level: pino.levels.values.info,
          msg: 'call refused',
          code: 'NOT_FOUND',
          reason: 'PROJECT_NOT_FOUND',
          subject: superuser.id,
        }),
      ]);
    });

    it('has one line for a call that failed, with its kind and where it did', async () => {
      const requestId = randomUUID();
      const create = service[way](ProjectsService, service.admin).createProject(
        { project: { name: 'unforeseen', description: SECRET } },
        named(requestId),
      );
      await expect(refusal(create)).resolves.toMatchObject({
        code: 'INTERNAL',
        metadata: { request_id: requestId },
      });
      expect(linesOf(requestId)).toEqual([
        expect.objectContaining({
          level: pino.levels.values.error,
          msg: 'call failed',
          code: 'INTERNAL',
          err: expect.objectContaining({
            state: '23514',
            constraint: 'unforeseen',
            stack: expect.stringMatching(/^ +at /),
          }),
        }),
      ]);
    });
  });
}

describe('The log of a stream that its client left', () => {
  const exports = () =>
    lines.map((line) => JSON.parse(line)).filter(({ method }) => method === 'ProjectsService.ExportProject');
  const refused = { level: pino.levels.values.info, msg: 'call refused', code: 'CANCELLED' };

  it('has one line, and takes it for no failure (client)', async () => {
    const stalled = await openStalledExport(new URL(service.grpcUrl).host, service.admin);
    stalled[Symbol.dispose]();
    await expect.poll(exports).toEqual([expect.objectContaining(refused)]);
  });

  it('has one line, and takes it for no failure (httpClient)', async () => {
    // More than the buffers of a socket hold at both its ends.
    const { id: projectId } = await aLargeProject(service, 12);
    const call = request(`${service.httpUrl}/${ProjectsService.typeName}/ExportProject`, {
      method: 'POST',
      headers: { 'content-type': 'application/connect+json', authorization: `Bearer ${service.admin}` },
    });
    call.on('error', () => {});
    call.end(encodeEnvelope(0, Buffer.from(JSON.stringify({ projectId }))));
    const [response] = await once(call, 'response');
    response.destroy();
    await expect.poll(exports).toEqual([expect.objectContaining(refused)]);
  });
});

it('holds no token, no address and nothing of what was sent', async () => {
  const person = { id: randomUUID(), email: 'somebody@example.org' };
  const secret = `${SECRET}-${randomUUID()}`;
  const tokens = [
    service.admin,
    superuser.token,
    await userToken(person.id, { email: person.email, given_name: secret }),
    `${superuser.token.slice(0, -4)}AAAA`,
    `not-a-token-${secret}`,
  ];
  const document = [
    'name: import',
    'credentials:',
    `  ${person.email}-key:`,
    `    name: ${secret}`,
    `    owner: ${person.email}`,
    `${secret}: x`,
  ].join('\n');
  for (const way of ways) {
    for (const token of tokens) {
      const client = service[way](ProjectsService, token);
      await Promise.allSettled([
        client.createProject({ project: { name: secret, description: SECRET } }),
        client.createProject({ project: { name: secret }, members: [{ userId: person.email }] }),
        client.createProject({ project: { name: person.email, color: secret } }),
        client.createProject({ project: { name: 'fine', description: SECRET } }),
        client.listProjects({ namePrefix: secret, pageToken: secret, orderBy: person.email }),
        client.getProject({ id: secret }),
        client.importProject({ yaml: document }),
        client.importProject({ yaml: `${document}\n\t- {` }),
      ]);
    }
  }

  const log = lines.join('');
  expect(log).toContain('VALIDATION_FAILED');
  expect(log).toContain('DOCUMENT_INVALID');
  expect(log).toContain('TOKEN_INVALID');
  expect(log).toContain('"code":"INTERNAL"');
  for (const token of tokens) expect(log).not.toContain(token);
  expect(log).not.toMatch(/Bearer|example\.org/i);
  expect(log).not.toContain(SECRET);
});
