import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { testSecret } from '../support/service.ts';
import { refusedStart } from '../support/service-process.ts';

describe('a service whose address is taken', () => {
  it.each(['GRPC_ADDRESS', 'HTTP_ADDRESS'])('says so and what to do: %s', async (setting) => {
    await using database = await createTestDatabase();
    const other = createServer();
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const taken = other.address();
    const address = `127.0.0.1:${typeof taken === 'object' && taken?.port}`;
    try {
      const own = { DATABASE_URL: database.url, AUTH_JWT_SECRET: testSecret };
      expect(await refusedStart({ ...own, [setting]: address })).toEqual({
        code: 1,
        stderr: `cannot listen on ${address}: something else listens there. Set ${setting} to another host:port.\n`,
      });
    } finally {
      other.close();
    }
  });
});

describe('a service with a DATABASE_URL that is wrong', () => {
  it.each([
    ['where nobody listens', { port: '1' }, 'ECONNREFUSED'],
    ['with a wrong password', { password: 'hidden' }, 'password authentication failed for user "postgres"'],
    ['of a database that does not exist', { pathname: '/nowhere' }, 'database "nowhere" does not exist'],
  ])('ends in one line when that is one %s', async (_, change, reason) => {
    await using database = await createTestDatabase();
    const url = Object.assign(new URL(database.url), change);
    const { code, stderr } = await refusedStart({ DATABASE_URL: url.href, AUTH_JWT_SECRET: testSecret });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^DATABASE_URL postgresql:.+ cannot be used: .+\n$/);
    expect(stderr).toContain(reason);
    expect(stderr).not.toContain(url.password);
  });
});

describe('a service whose DATA_DIR cannot be a folder', () => {
  it.each([
    ['is a file', '/dev/null', 'EEXIST'],
    ['lies below a file', '/dev/null/above/data', 'ENOTDIR'],
  ])('says so when it %s', async (_, dataDir, reason) => {
    expect(await refusedStart({ DATA_DIR: dataDir })).toEqual({
      code: 1,
      stderr: `DATA_DIR ${dataDir} cannot be a folder (${reason}): choose another\n`,
    });
  });
});

describe('a service behind a pooler', () => {
  it.each(['DATABASE_URL', 'DATABASE_DIRECT_URL'])('says which way is wrong: %s', async (setting) => {
    await using database = await createTestDatabase();
    const nowhere = Object.assign(new URL(database.url), { port: '1' }).href;
    const ways = { DATABASE_URL: database.url, DATABASE_DIRECT_URL: database.url, [setting]: nowhere };
    const { code, stderr } = await refusedStart({ ...ways, AUTH_JWT_SECRET: testSecret });
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^${setting} postgresql:.+ cannot be used: .*ECONNREFUSED.*\\n$`));
  });
});

describe('a service with bad settings', () => {
  it('names each of them in a line of its own, and no secret', async () => {
    const { code, stderr } = await refusedStart({
      GRPC_ADDRESS: 'localhost',
      LOG_LEVEL: 'loud',
      AUTH_JWT_SECRET: 'short-secret',
      SHUTDOWN_GRACE_MS: 'soon',
    });
    expect(code).toBe(1);
    expect(stderr.match(/^\w+/gm)?.toSorted()).toEqual([
      'AUTH_JWT_SECRET',
      'GRPC_ADDRESS',
      'LOG_LEVEL',
      'SHUTDOWN_GRACE_MS',
    ]);
    expect(stderr).not.toContain('short-secret');
  });
});
