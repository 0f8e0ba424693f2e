import { existsSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIGRATION_LOCK } from '../../src/database/migrate.ts';
import { findPostmaster, readLockFile } from '../../src/database/postmaster.ts';
import { ProjectsService } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { makeClusterFolder } from '../support/cluster-folder.ts';
import { connected, createTestDatabase } from '../support/database.ts';
import { childrenOf, type RunningProcess, run, start } from '../support/processes.ts';
import { bearer, testSecret } from '../support/service.ts';
import { quietSettings, type ServiceProcess, startService } from '../support/service-process.ts';
import { openStalledExport } from '../support/stalled-export.ts';

/** Milliseconds in which a service has to be gone after it was told to stop. */
const STOP_MS = 5000;
const onLinux = process.platform === 'linux';

let folder: string;
const processes: RunningProcess[] = [];

beforeAll(async () => {
  folder = await makeClusterFolder('start');
});

afterAll(async () => {
  for (const process of processes) await process[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function startIn(dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
  const service = await startService({ DATA_DIR: dataDir, ...env });
  processes.push(service);
  return service;
}

function serverOf(dataDir: string): number {
  return readLockFile(join(dataDir, 'postgres'))?.pid ?? Number.NaN;
}

const tokenOf = ({ stdout }: RunningProcess) => /^export TOKEN=(\S+)$/m.exec(stdout)?.[1] ?? '';

function projects({ httpUrl }: ServiceProcess, token: string) {
  const interceptors = [bearer(token)];
  return createClient(
    ProjectsService,
    createConnectTransport({ baseUrl: httpUrl, httpVersion: '1.1', interceptors }),
  );
}

// One life of one data directory, in order: a cluster of its own for each would cost each its two seconds.
describe('a service without settings', () => {
  let dataDir: string;
  let service: ServiceProcess;

  beforeAll(async () => {
    dataDir = join(folder, 'life');
    service = await startIn(dataDir);
  });

  it('prints where it listens, a token, and three commands that work as they are printed', async () => {
    const printed = service.stdout.split('\n\n').map((part) => part.trim());
    const given = printed.find((part) => part.startsWith('export TOKEN=')) ?? '';
    const commands = printed.filter((part) => /^(curl|npx|npm|\w+=\S+ npm)\b/.test(part));
    expect(commands).toHaveLength(3);

    const [created, listed, demo] = await Promise.all(
      commands.map((command) => run('sh', ['-c', `${given}\n${command}`])),
    );
    expect(created).toMatchObject({ code: 0, stdout: expect.stringContaining('"name":"hello"') });
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^{/) });
    expect(demo).toMatchObject({ code: 0, stdout: expect.stringContaining('+++ demo-sandbox-1') });
  });

  it('shows what its process uses beside what was called', async () => {
    const metrics = await (await fetch(`${service.httpUrl}/metrics`)).text();
    expect(metrics).toMatch(
      /^rpc_server_duration_seconds_count\{method="ProjectsService.CreateProject",code="OK"} [1-9]\d*$/m,
    );
    expect(metrics).toMatch(/^process_resident_memory_bytes \d+$/m);
  });

  it('keeps its secret to its own user', async () => {
    const secret = join(dataDir, 'jwt-secret');
    expect(await readFile(secret, 'utf8')).toMatch(/^[\w-]{43}\n$/);
    expect((await stat(secret)).mode & 0o777).toBe(0o600);
  });

  it.runIf(onLinux)('runs a PostgreSQL of its own', async () => {
    expect(await childrenOf(service.pid)).toContain(String(serverOf(dataDir)));
  });

  it('ends with exit code 1 when PostgreSQL dies under it', async () => {
    process.kill(serverOf(dataDir), 'SIGKILL');
    expect(await service.ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('PostgreSQL ended by itself'),
    });
  });

  it('recovers by itself at the next start, finds its data again, and its tokens are still good', async () => {
    const token = tokenOf(service);
    service = await startIn(dataDir);
    for (const one of [token, tokenOf(service)]) {
      const { projects: found } = await projects(service, one).listProjects({ namePrefix: 'hello' });
      expect(found.map(({ name }) => name)).toEqual(['hello']);
    }
  });

  it('is gone five seconds after SIGINT, and PostgreSQL too, also while nobody reads a stream', async () => {
    const server = serverOf(dataDir);
    expect(findPostmaster(server)).toBeDefined();
    using stalled = await openStalledExport(service.grpcAddress, tokenOf(service));
    const start = performance.now();
    service.kill('SIGINT');

    expect(await service.ended).toMatchObject({ code: 0 });
    expect(performance.now() - start).toBeLessThan(STOP_MS);
    expect(findPostmaster(server)).toBeUndefined();
    await stalled.closed;
  });
});

describe('a service with DATABASE_URL', () => {
  it('stops when it is told to while it starts', async () => {
    await using database = await createTestDatabase();
    await connected(database.url, async (other) => {
      await other.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
      const env = { DATABASE_URL: database.url, AUTH_JWT_SECRET: testSecret };
      await using service = start(process.execPath, ['src/main.ts'], { env });
      const waiting = `select from pg_locks join pg_database on pg_database.oid = database
        where datname = current_database() and locktype = 'advisory' and not granted`;
      const waits = async () => (await other.query(waiting)).rowCount;
      await expect.poll(waits).toBe(1);
      service.kill('SIGTERM');
      // By itself: as the first process of a container it would live on otherwise.
      expect(await service.ended).toMatchObject({ code: 0, stdout: '' });
    });
  });

  it('leaves DATA_DIR alone when it has a secret too, starts no PostgreSQL, and stops when npm, which has started it, is told to', async () => {
    await using database = await createTestDatabase();
    const dataDir = join(folder, 'unused');
    const own = { DATABASE_URL: database.url, AUTH_JWT_SECRET: testSecret, DATA_DIR: dataDir };
    await using npm = start('npm', ['start'], { env: { ...quietSettings, ...own } });
    await npm.wrote(/^gRPC/m);
    const [service] = onLinux ? await childrenOf(npm.pid) : [];
    const children = service === undefined ? [] : await childrenOf(Number(service));
    npm.kill('SIGTERM');
    // What it has started shares its output: this ends with both.
    expect((await npm.ended).stdout).not.toContain('TOKEN');
    expect(existsSync(dataDir)).toBe(false);
    expect(children).toEqual([]);
  });
});
