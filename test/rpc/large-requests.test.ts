import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LargeCall, LargeRequests } from '../../src/rpc/large-requests.ts';
import { aProject } from '../support/projects.ts';
import { beginRawGrpc } from '../support/raw-grpc.ts';
import { ending, refusal } from '../support/refusal.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';

/** Documents that a process receives at once, and those of one person. */
const PLACES = 4;
const OWN_PLACES = PLACES / 2;

const path = `/${ProjectsService.typeName}/ImportProject`;

/** Begins to send a document of which nothing comes; the returned function leaves. */
const stalledImports = {
  gRPC: ({ grpcUrl }: TestService, token: string) => {
    const { session, stream } = beginRawGrpc(grpcUrl, path, token);
    stream.write(Uint8Array.of(0, 0, 0, 3, 232));
    return () => session.destroy();
  },
  Connect: ({ httpUrl }: TestService, token: string) => stalledPost(`${httpUrl}${path}`, token),
  'the provisioning API': ({ httpUrl }: TestService, token: string) =>
    stalledPost(`${httpUrl}/api/provision`, token),
};

function stalledPost(url: string, token: string): () => void {
  const headers = {
    'content-type': 'application/json',
    'content-length': 1000,
    authorization: `Bearer ${token}`,
  };
  const post = request(url, { method: 'POST', headers, agent: false });
  post.on('error', () => {});
  post.flushHeaders();
  return () => post.destroy();
}

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

function importOne(token: string, timeoutMs = 30_000, projectId = ''): Promise<unknown> {
  const yaml = 'name: small';
  return service
    .client(ProjectsService, token)
    .importProject({ yaml, projectId, validateOnly: true }, { timeoutMs });
}

/** Whoever came before has a place as soon as one more import finds none. */
async function untilNoneIsFree(token: string, projectId?: string): Promise<void> {
  await expect.poll(() => ending(importOne(token, 200, projectId))).not.toBe('done');
}

describe.each(Object.entries(stalledImports))('Documents that do not come, by %s,', (_, begin) => {
  it('keep others waiting before they send anything, and nobody from other calls', async () => {
    const { id } = await aProject(service);
    const stalled = Array.from({ length: PLACES }, () => begin(service, service.admin));
    await untilNoneIsFree(service.admin);

    const waiting = importOne(service.admin);
    await service.client(ProjectsService, service.admin).getProject({ id });
    await expect(refusal(importOne(service.admin, 200))).resolves.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    stalled[0]?.();
    await waiting;

    for (const leave of stalled) leave();
    await importOne(service.admin);
  });

  it("keep half of the places from nobody when they are one person's", async () => {
    const [greedy, other] = [await aUser(service), await aUser(service)];
    const { id } = await aProject(service, { owner: greedy, editor: other });
    const stalled = Array.from({ length: PLACES }, () => begin(service, greedy.token));
    await untilNoneIsFree(greedy.token, id);

    for (let own = 0; own < OWN_PLACES; own += 1) await importOne(other.token, undefined, id);

    for (const leave of stalled) leave();
    await importOne(greedy.token, undefined, id);
  });
});

it('An import without a deadline does not wait longer than the default', async () => {
  await using impatient = await startTestService({ DEFAULT_DEADLINE_MS: '300' });
  const stalled = Array.from({ length: PLACES }, () => stalledImports.gRPC(impatient, impatient.admin));
  const client = impatient.client(ProjectsService, impatient.admin);
  const run = () => ending(client.importProject({ yaml: 'name: small', validateOnly: true }));
  await expect.poll(run).toBe('DEFAULT_DEADLINE');
  for (const leave of stalled) leave();
});

it('A call that goes on for long gives up its place', async () => {
  const { interceptor } = new LargeRequests(20);
  const call: LargeCall = {
    descriptor: ProjectsService.method.importProject,
    identity: { principal: { kind: 'service', subject: 'engine', scope: 'admin' }, claims: undefined },
    signal: new AbortController().signal,
  };
  for (let calls = 0; calls < PLACES * 2; calls += 1) await interceptor.begin(call);
});
