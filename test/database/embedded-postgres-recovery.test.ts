import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findPostmaster, readLockFile } from '../../src/database/postmaster.ts';
import { makeClusterFolder } from '../support/cluster-folder.ts';
import { execute } from '../support/database.ts';
import { keepersOf, type Owner, spawnOwner } from '../support/spawn-owner.ts';

let folder: string;
let dataDir: string;
const owners: Owner[] = [];

beforeAll(async () => {
  folder = await makeClusterFolder('recovery');
});

async function endAll(): Promise<void> {
  await Promise.all(owners.splice(0).map((owner) => owner.kill()));
  while (lockHolder() !== undefined) await pause(10);
}

afterAll(async () => {
  await endAll();
  await rm(folder, { recursive: true });
});

describe('a data directory that is new', () => {
  it('goes to one of three services that start at the same time', async () => {
    dataDir = join(folder, 'new');
    await writeOne(await urlOfOneOfThree());
    await endAll();
  });
});

// In order, on the directory that the three above have left: each service finds what the one before was killed with.
describe('a service that was killed', () => {
  let current: OwnedServer;
  let written = 1;

  beforeAll(async () => {
    current = await ownedServer();
  });

  async function expectRecovery(): Promise<void> {
    current = await ownedServer();
    expect(await count(current.url)).toBe(written);
  }

  beforeEach(async () => {
    await writeOne(current.url);
    written += 1;
  });

  it('has let no second one in, and has not noticed it', async () => {
    expect(await spawned().nextLine()).toEqual({
      refused:
        `DATA_DIR ${dataDir} is in use by another service, process ${current.owner.pid}: ` +
        'stop that one, or set DATA_DIR to another directory',
    });
    expect(await count(current.url)).toBe(written);
  });

  it('takes its server along, and the next one finds what was committed', async () => {
    await current.owner.kill();
    await expect.poll(() => findPostmaster(current.server)).toBeUndefined();

    await expectRecovery();
  });

  it('is followed at once, while its server is still shutting down', async () => {
    await current.owner.kill();

    await expectRecovery();
  });

  it.runIf(process.platform === 'linux')(
    'with its keeper leaves an orphan, which is recognised',
    async () => {
      const { owner, server } = current;
      for (const keeper of keepersOf(server)) process.kill(keeper, 'SIGKILL');
      await owner.kill();
      expect(findPostmaster(server)).toEqual({ pid: server, owner: owner.pid, orphaned: true });

      await expectRecovery();
      expect(findPostmaster(server)).toBeUndefined();
    },
  );

  it('together with its server leaves a lock file, which does not matter', async () => {
    const { owner, server } = current;
    process.kill(server, 'SIGKILL');
    await owner.kill();
    expect(readLockFile(join(dataDir, 'postgres'))).toMatchObject({ pid: server });

    await expectRecovery();
  });

  it('may leave a lock file whose process id is another program’s by now', async () => {
    const { owner, server } = current;
    process.kill(server, 'SIGKILL');
    await owner.kill();
    const { uid, gid } = await stat(join(dataDir, 'postgres'));
    const other = spawn('sleep', ['60'], { uid, gid, stdio: 'ignore' });
    try {
      const lock = join(dataDir, 'postgres', 'postmaster.pid');
      await writeFile(lock, readFileSync(lock, 'utf8').replace(String(server), String(other.pid)));
      await expectRecovery();
    } finally {
      other.kill();
    }
  });

  it('leaves its directory to one of three that start at the same time', async () => {
    const { owner, server } = current;
    process.kill(server, 'SIGKILL');
    await owner.kill();
    expect(await count(await urlOfOneOfThree())).toBe(written);
  });
});

/** Starts three services at the same time, of which two must be refused; the database of the third. */
async function urlOfOneOfThree(): Promise<string> {
  const racers = [spawned(), spawned(), spawned()];
  const lines = await Promise.all(racers.map((racer) => racer.nextLine()));

  const winner = lines.findIndex((line) => line.url !== undefined);
  const refusals = lines.flatMap((line) => line.refused ?? []);
  expect(refusals).toHaveLength(2);
  for (const refusal of refusals) {
    expect(refusal).toContain(`is in use by another service, process ${racers[winner]?.pid}:`);
  }
  return lines[winner]?.url ?? '';
}

function spawned(): Owner {
  const owner = spawnOwner(dataDir);
  owners.push(owner);
  return owner;
}

interface OwnedServer {
  readonly owner: Owner;
  readonly url: string;
  readonly server: number;
}

async function ownedServer(): Promise<OwnedServer> {
  const owner = spawned();
  const { url, server, refused } = await owner.nextLine();
  if (url === undefined || server === undefined) throw new Error(refused);
  return { owner, url, server };
}

function lockHolder() {
  const lock = readLockFile(join(dataDir, 'postgres'));
  return lock && findPostmaster(lock.pid);
}

async function writeOne(url: string): Promise<void> {
  await execute(url, 'create table if not exists written ()', 'insert into written default values');
}

async function count(url: string): Promise<unknown> {
  return (await execute(url, 'select count(*)::integer as count from written'))[0]?.count;
}
