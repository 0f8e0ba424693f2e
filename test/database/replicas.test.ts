import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import type { CallOptions } from '@connectrpc/connect';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONSISTENCY_TOKEN } from '../../src/call/consistency-token.ts';
import { Replicas } from '../../src/database/replicas.ts';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { toleratesLag } from '../../src/rpc/lag-tolerant.ts';
import { contract } from '../../src/services.ts';
import { StartupError } from '../../src/startup-error.ts';
import { fetchProvision, postProvision, stateIn } from '../openfn/support/provisioning.ts';
import { execute } from '../support/database.ts';
import { keptLog } from '../support/logged.ts';
import { aProject } from '../support/projects.ts';
import {
  aUser,
  MembersService,
  ProjectsService,
  startTestService,
  type TestService,
} from '../support/service.ts';
import { type ReplicatedPostgres, startReplicatedPostgres } from '../support/standby.ts';

const open = new AsyncDisposableStack();
let postgres: ReplicatedPostgres;
let service: TestService;
beforeAll(async () => {
  postgres = open.use(await startReplicatedPostgres());
  service = open.use(
    await startTestService({ DATABASE_URL: postgres.primaryUrl, DATABASE_REPLICA_URLS: postgres.standbyUrl }),
  );
});
afterAll(() => open.disposeAsync());

const projects = () => service.client(ProjectsService, service.admin);
const members = () => service.client(MembersService, service.admin);
const onStandby = (statement: string) => execute(postgres.standbyUrl, statement);

async function pauseReplay(): Promise<void> {
  await onStandby('select pg_wal_replay_pause()');
  await expect
    .poll(() => onStandby('select pg_get_wal_replay_pause_state() as state'))
    .toEqual([{ state: 'paused' }]);
}

async function anOwnedProject() {
  return await aProject(service, { owner: await aUser(service) });
}

/** The token that a change answers with. */
async function tokenOf(change: (options: CallOptions) => Promise<unknown>): Promise<string> {
  let token = '';
  await change({
    onHeader(header) {
      token = header.get(CONSISTENCY_TOKEN) ?? '';
    },
  });
  return token;
}

/** Adds a member; answers the token of that change. */
async function addMember(projectId: string): Promise<string> {
  const { id: userId } = await aUser(service);
  return await tokenOf((options) =>
    members().addMembers({ projectId, members: [{ userId, role: Role.EDITOR }] }, options),
  );
}

async function exportOf(projectId: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  let text = '';
  for await (const { chunk } of projects().exportProject({ projectId }, { headers }))
    text += Buffer.from(chunk).toString();
  return text;
}

async function countMembers(projectId: string, token?: string): Promise<number> {
  const options: CallOptions = token === undefined ? {} : { headers: { [CONSISTENCY_TOKEN]: token } };
  return (await members().listMembers({ projectId }, options)).members.length;
}

describe('A service with a read replica', () => {
  it('sends to it only methods that change nothing', () => {
    const lagging = contract.flatMap(({ methods }) => methods.filter(toleratesLag));
    expect(lagging.length).toBeGreaterThan(10);
    expect(
      lagging.filter(({ idempotency }) => idempotency !== MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS),
    ).toEqual([]);
  });

  it('gives no token for what was only validated', async () => {
    const create = (validateOnly: boolean) =>
      tokenOf((options) =>
        projects().createProject({ project: { name: `only-${validateOnly}` }, validateOnly }, options),
      );
    expect(await create(true)).toBe('');
    expect(await create(false)).not.toBe('');
  });

  it('lets a caller read its own writes by their token, and others an older state, until the replica has them', async () => {
    const { id } = await anOwnedProject();
    const before = await countMembers(id, await addMember(id));
    // The service's own answer may be the primary's, while the standby is behind.
    const replicated = `select count(*)::int from project_users where project_id = '${id}'`;
    await expect.poll(() => onStandby(replicated)).toEqual([{ count: before }]);
    await pauseReplay();

    const token = await addMember(id);
    expect(token).not.toBe('');
    expect(await countMembers(id, token)).toBe(before + 1);
    await expect.poll(() => countMembers(id)).toBe(before);

    await onStandby('select pg_wal_replay_resume()');
    await expect.poll(() => countMembers(id)).toBe(before + 1);
    expect(await countMembers(id, token)).toBe(before + 1);
  });

  it('asks the primary who may read, whatever the replica still has', async () => {
    const { id } = await anOwnedProject();
    const { id: userId, token } = await aUser(service);
    await members().addMembers({ projectId: id, members: [{ userId, role: Role.VIEWER }] });
    const list = () => service.client(MembersService, token).listMembers({ projectId: id });
    await expect.poll(async () => (await list()).members.some((one) => one.userId === userId)).toBe(true);
    await pauseReplay();
    try {
      await members().removeMember({ projectId: id, userId });
      await expect(list()).rejects.toMatchObject({ code: Code.NotFound });
    } finally {
      await onStandby('select pg_wal_replay_resume()');
    }
  });

  it('refuses a token that it did not give, by its name', async () => {
    const { id } = await anOwnedProject();
    const refused = await countMembers(id, 'nonsense').catch((error: unknown) => ConnectError.from(error));
    expect(refused).toMatchObject({
      code: Code.InvalidArgument,
      message: expect.stringContaining(CONSISTENCY_TOKEN),
    });
  });

  it('streams exports from it, and what it lacks from the primary', async () => {
    const { id } = await anOwnedProject();
    const exported = (headers?: Readonly<Record<string, string>>) => exportOf(id, headers);
    const describe = (description: string) =>
      tokenOf((options) =>
        projects().updateProject(
          { project: { id, description }, updateMask: { paths: ['description'] } },
          options,
        ),
      );
    await describe('before');
    await expect
      .poll(() => onStandby(`select description from projects where id = '${id}'`))
      .toEqual([{ description: 'before' }]);
    await pauseReplay();
    try {
      const token = await describe('after');
      await expect.poll(() => exported()).toContain('before');
      expect(await exported({ [CONSISTENCY_TOKEN]: token })).toContain('after');

      // The replica, which still answers, has not heard of this one.
      const { id: newId, name } = await anOwnedProject();
      expect(await exportOf(newId)).toContain(name);
      expect(await exported()).toContain('before');
    } finally {
      await onStandby('select pg_wal_replay_resume()');
    }
    await expect.poll(() => exported()).toContain('after');
  });

  it('answers a posted state with what was posted, and with the token to read it by', async () => {
    const id = randomUUID();
    const post = async (description: string) => {
      const answer = await postProvision(service, { id, name: `posted-${id}`, description });
      expect(stateIn(answer)).toMatchObject({ id, description });
      return answer.headers.get(CONSISTENCY_TOKEN) ?? '';
    };
    const read = (headers: Readonly<Record<string, string>> = {}, suffix = '') =>
      fetchProvision(service, `/${id}${suffix}`, service.admin, headers);
    const token = await post('new');
    await expect
      .poll(() => onStandby(`select description from projects where id = '${id}'`))
      .toEqual([{ description: 'new' }]);
    await pauseReplay();
    try {
      const later = await post('changed');
      await expect.poll(async () => (await read({ [CONSISTENCY_TOKEN]: token })).text).toContain('new');
      for (const suffix of ['', '.yaml'])
        expect((await read({ [CONSISTENCY_TOKEN]: later }, suffix)).text).toContain('changed');
      expect((await read({ [CONSISTENCY_TOKEN]: 'nonsense' })).status).toBe(422);
    } finally {
      await onStandby('select pg_wal_replay_resume()');
    }
    await expect.poll(async () => (await read()).text).toContain('changed');
  });

  it('is not answered by another database at its address, which came later', async () => {
    const elsewhere = Object.assign(new URL(postgres.standbyUrl), { pathname: '/template1' });
    await using relay = await openRelay(elsewhere);
    const { log, saying } = keptLog();
    const options = { primaryUrl: postgres.primaryUrl, poolMax: 1, statementTimeoutMs: 10_000, log };
    await using replicas = await Replicas.open({ ...options, urls: [relay.url] });
    expect(saying('a read replica does not answer; the primary does its work')).toHaveLength(1);

    relay.connect();

    await expect.poll(() => saying(ANOTHER)).toHaveLength(1);
    expect(replicas.choose()).toBeUndefined();
  });

  it('goes on without it when it is gone', async () => {
    const { id } = await anOwnedProject();
    await addMember(id);
    await postgres.stopStandby();
    await expect.poll(() => countMembers(id).catch(() => 0)).toBe(2);
  });
});

const ANOTHER =
  'a read replica is a standby of another server or another database than DATABASE_URL; the primary does its work';

/** An address at which nobody answers until it is connected to a database. */
async function openRelay(
  database: URL,
): Promise<AsyncDisposable & { readonly url: string; connect(): void }> {
  let isConnected = false;
  const server = createServer((socket) => {
    if (!isConnected) return void socket.destroy();
    const onward = connect(Number(database.port), database.hostname);
    for (const end of [socket, onward]) end.on('error', () => {});
    socket.pipe(onward).pipe(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: Object.assign(new URL(database.href), { hostname: '127.0.0.1', port: String(port) }).href,
    connect: () => {
      isConnected = true;
    },
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}

describe('A server that is no standby of the primary', () => {
  it('is refused at the start', async () => {
    const start = startTestService({
      DATABASE_URL: postgres.primaryUrl,
      DATABASE_REPLICA_URLS: postgres.primaryUrl,
    });
    await expect(start).rejects.toThrow('number 1 is not a standby');
  });

  it('cannot be told without the primary', async () => {
    const start = Replicas.open({
      urls: [postgres.standbyUrl],
      primaryUrl: 'postgresql://127.0.0.1:1/nobody',
      poolMax: 1,
      statementTimeoutMs: 10_000,
      log: keptLog().log,
    });
    await expect(start).rejects.toThrow(StartupError);
  });
});
