import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findPostmaster, readLockFile } from '../../src/database/postmaster.ts';
import { makeClusterFolder } from '../support/cluster-folder.ts';
import { execute } from '../support/database.ts';
import { keepersOf, type Owner, spawnOwner } from '../support/spawn-owner.ts';
import { prepareDirectory } from './support/prepared-directory.ts';

let folder: string;
let dataDir: string;
let copyPrepared: (place: string) => Promise<void>;
const owners: Owner[] = [];

beforeAll(async () => {
  folder = await makeClusterFolder('recovery');
  copyPrepared = await prepareDirectory(folder);
});

beforeEach(({ task }) => {
  dataDir = join(folder, task.id);
});

afterEach(async () => {
  await Promise.all(owners.splice(0).map((owner) => owner.kill()));
  await expect.poll(lockHolder).toBeUndefined();
});

afterAll(() => rm(folder, { recursive: true }));

describe('a service that was killed', () => {
  beforeEach(() => copyPrepared(dataDir));

  it('takes its server along, and the next one finds what was committed', async () => {
    const { owner, server, url } = await ownedServer();
    await writeOne(url);
    await owner.kill();
    await expect.poll(() => findPostmaster(server)).toBeUndefined();

    expect(await count((await ownedServer()).url)).toBe(1);
  });

  it('is followed at once, while its server is still shutting down', async () => {
    const { owner, url } = await ownedServer();
    await writeOne(url);
    await owner.kill();

    expect(await count((await ownedServer()).url)).toBe(1);
  });

  it.runIf(process.platform === 'linux')(
    'with its keeper leaves an orphan, which is recognised',
    async () => {
      const { owner, server, url } = await ownedServer();
      await writeOne(url);
      for (const keeper of keepersOf(server)) process.kill(keeper, 'SIGKILL');
      await owner.kill();
      expect(findPostmaster(server)).toEqual({ pid: server, owner: owner.pid, orphaned: true });

      const next = await ownedServer();
      expect(findPostmaster(server)).toBeUndefined();
      expect(await count(next.url)).toBe(1);
    },
  );

  it('together with its server leaves a lock file, which does not matter', async () => {
    const { owner, server, url } = await ownedServer();
    await writeOne(url);
    process.kill(server, 'SIGKILL');
    await owner.kill();
    expect(readLockFile(join(dataDir, 'postgres'))).toMatchObject({ pid: server });

    expect(await count((await ownedServer()).url)).toBe(1);
  });

  it('may leave a lock file whose process id is another program’s by now', async () => {
    const { owner, server, url } = await ownedServer();
    await writeOne(url);
    process.kill(server, 'SIGKILL');
    await owner.kill();
    const { uid, gid } = await stat(join(dataDir, 'postgres'));
    const other = spawn('sleep', ['60'], { uid, gid, stdio: 'ignore' });
    try {
      const lock = join(dataDir, 'postgres', 'postmaster.pid');
      await writeFile(lock, readFileSync(lock, 'utf8').replace(String(server), String(other.pid)));
      expect(await count((await ownedServer()).url)).toBe(1);
    } finally {
      other.kill();
    }
  });
});

describe('a data directory in use', () => {
  it('is refused to a second service, which the first does not notice', async () => {
    await copyPrepared(dataDir);
    const { owner, url } = await ownedServer();
    expect(await spawned().nextLine()).toEqual({
      refused:
        `DATA_DIR ${dataDir} is in use by another service, process ${owner.pid}: ` +
        'stop that one, or set DATA_DIR to another directory',
    });
    await writeOne(url);
  });

  it.each(['new', 'left behind by a killed service'])(
    'goes to one of three services that start at the same time, when it is %s',
    async (state) => {
      if (state !== 'new') {
        await copyPrepared(dataDir);
        const { owner, server } = await ownedServer();
        process.kill(server, 'SIGKILL');
        await owner.kill();
      }
      const racers = [spawned(), spawned(), spawned()];
      const lines = await Promise.all(racers.map((racer) => racer.nextLine()));

      const winner = lines.findIndex((line) => line.url !== undefined);
      const refusals = lines.flatMap((line) => line.refused ?? []);
      expect(refusals).toHaveLength(2);
      for (const refusal of refusals) {
        expect(refusal).toContain(`is in use by another service, process ${racers[winner]?.pid}:`);
      }
      await writeOne(lines[winner]?.url ?? '');
    },
  );
});

function spawned(): Owner {
  const owner = spawnOwner(dataDir);
  owners.push(owner);
  return owner;
}

async function ownedServer(): Promise<{ owner: Owner; url: string; server: number }> {
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
  await execute(url, 'create table written ()', 'insert into written default values');
}

async function count(url: string): Promise<unknown> {
  return (await execute(url, 'select count(*)::integer as count from written'))[0]?.count;
}
