import { chown, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded-postgres.ts';
import { findPostmaster } from '../../src/database/postmaster.ts';
import { StartupError } from '../../src/startup-error.ts';
import { makeClusterFolder } from '../support/cluster-folder.ts';
import { execute } from '../support/database.ts';
import { keepersOf, spawnOwner } from '../support/spawn-owner.ts';
import { prepareDirectory } from './support/prepared-directory.ts';

const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === 'linux';

let folder: string;
let dataDir: string;
let copyPrepared: (place: string) => Promise<void>;
const started: EmbeddedPostgres[] = [];

beforeAll(async () => {
  folder = await makeClusterFolder('embedded');
  copyPrepared = await prepareDirectory(folder);
});

beforeEach(({ task }) => {
  dataDir = join(folder, task.id);
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((postgres) => postgres.stop()));
});

afterAll(() => rm(folder, { recursive: true }));

describe('a data directory', () => {
  it('is prepared at the first start, closed to others, and found again at the second, also below missing folders with blanks and where a socket’s path would be too long', async () => {
    dataDir = join(folder, 'missing folder', 'x'.repeat(120));
    const log: string[] = [];
    const first = await start(log);
    expect(log).toEqual([`preparing the database in ${dataDir}`]);
    expect((await stat(dataDir)).mode & 0o007).toBe(0);
    expect((await stat(join(dataDir, 'postgres.password'))).mode & 0o777).toBe(0o600);
    const wrong = new URL(first.url);
    wrong.password = 'password';
    await expect(execute(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    await execute(first.url, "create table kept as select 'ünïcode' as value");
    await first.stop();

    const second = await start(log);
    expect(log.at(-1)).toBe(`opening the database in ${dataDir}`);
    expect(await execute(second.url, 'select upper(value) as value from kept')).toEqual([
      { value: 'ÜNÏCODE' },
    ]);
  });

  it('that an interrupted first start left half prepared is prepared anew', async () => {
    await mkdir(join(dataDir, 'postgres.new-abc', 'base'), { recursive: true });
    await start();
    expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres.password']);
  });

  it('without the password of its database is refused', async () => {
    await copyPrepared(dataDir);
    await rm(join(dataDir, 'postgres.password'));
    await expect(start()).rejects.toEqual(
      new StartupError(`${dataDir}/postgres.password is missing; the database has that password`),
    );
  });

  it('that is a file is refused', async () => {
    await writeFile(dataDir, '');
    await expect(start()).rejects.toThrow(/^DATA_DIR .+ cannot be used: ENOTDIR: .+$/);
  });

  it('with the database of a newer PostgreSQL is refused with what PostgreSQL says', async () => {
    await copyPrepared(dataDir);
    await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '99\n');
    await expect(start()).rejects.toThrow(
      `PostgreSQL in ${dataDir} did not start: exit code 1: FATAL: database files are incompatible with ` +
        'server DETAIL: The data directory was initialized by PostgreSQL version 99',
    );
  });

  it.runIf(isRoot)('below a folder that the user of PostgreSQL cannot enter is refused', async () => {
    await mkdir(dataDir, { mode: 0o700 });
    dataDir = join(dataDir, 'data');
    const refusal = await start().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(StartupError);
    expect(String(refusal)).toMatch(
      /the user \w+, .+ cannot enter DATA_DIR .+: choose a DATA_DIR below folders/,
    );
  });

  it.runIf(isRoot && isLinux)('of another user is opened as that user by root', async () => {
    await copyPrepared(dataDir);
    const cluster = join(dataDir, 'postgres');
    for (const name of ['', ...(await readdir(cluster, { recursive: true }))]) {
      await chown(join(cluster, name), 12_345, 12_346);
    }
    const { pid } = await start();
    expect(await stat(`/proc/${pid}`)).toMatchObject({ uid: 12_345, gid: 12_346 });
  });
});

describe('a server', () => {
  beforeEach(() => copyPrepared(dataDir));

  it('leaves no process when it is stopped, whoever is connected and however often', async () => {
    const postgres = await start();
    const client = new pg.Client(postgres.url);
    const disconnected = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    await client.query('begin');
    expect(findPostmaster(postgres.pid)).toMatchObject({ owner: process.pid, orphaned: false });
    if (isLinux) expect(keepersOf(postgres.pid)).toHaveLength(1);

    await Promise.all([postgres.stop(), postgres.stop()]);
    await disconnected;
    expect(findPostmaster(postgres.pid)).toBeUndefined();
    if (isLinux) await expect.poll(() => keepersOf(postgres.pid)).toEqual([]);
  });

  it('that crashes is reported, one that was stopped is not', async () => {
    const exits: Error[] = [];
    const stopped = await start();
    stopped.onExit((reason) => exits.push(reason));
    await stopped.stop();

    const crashing = await start();
    crashing.onExit((reason) => exits.push(reason));
    process.kill(crashing.pid, 'SIGKILL');
    await expect.poll(() => exits).toHaveLength(1);
    expect(exits[0]?.message).toMatch(/^PostgreSQL ended by itself \(SIGKILL: /);

    const late = await new Promise<Error>((resolve) => crashing.onExit(resolve));
    expect(late).toEqual(exits[0]);
  });

  it('does not get Ctrl-C of the terminal, so that the service can still drain', async () => {
    const owner = spawnOwner(dataDir);
    const { server = Number.NaN } = await owner.nextLine();
    // As a terminal does it: to the whole process group.
    process.kill(-owner.pid, 'SIGINT');
    expect(await owner.nextLine()).toEqual({ answer: [{ one: 1 }] });
    await owner.exited;
    expect(findPostmaster(server)).toBeUndefined();
  });
});

async function start(log: string[] = []): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({
    dataDir,
    durable: false,
    log: { info: (line) => log.push(line), debug() {} },
  });
  started.push(postgres);
  return postgres;
}
