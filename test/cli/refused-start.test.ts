import { once } from 'node:events';
import { createServer } from 'node:net';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { start } from '../support/processes.ts';
import { testSecret } from '../support/service.ts';
import { quietSettings, refusedStart } from '../support/service-process.ts';

/** How a start ended, by what was wrong with it. */
let refusals: ReadonlyMap<string, { readonly code: number; readonly stderr: string }>;
let takenAddress: string;

// To load the service costs more than all that it does until it is refused.
beforeAll(async () => {
  await using database = await createTestDatabase();
  await using other = createServer();
  await once(other.listen(0, '127.0.0.1'), 'listening');
  const taken = other.address();
  takenAddress = `127.0.0.1:${typeof taken === 'object' && taken?.port}`;
  const url = (change: object) => Object.assign(new URL(database.url), change).href;
  const pooled = { DATABASE_URL: database.url, DATABASE_DIRECT_URL: database.url };
  refusals = await refusedOneAfterTheOther({
    'GRPC_ADDRESS taken': { DATABASE_URL: database.url, GRPC_ADDRESS: takenAddress },
    'HTTP_ADDRESS taken': { DATABASE_URL: database.url, HTTP_ADDRESS: takenAddress },
    'nobody listens': { DATABASE_URL: url({ port: '1' }) },
    'wrong password': { DATABASE_URL: url({ password: 'hidden' }) },
    'no such database': { DATABASE_URL: url({ pathname: '/nowhere' }) },
    'pooled DATABASE_URL': { ...pooled, DATABASE_URL: url({ port: '1' }) },
    'pooled DATABASE_DIRECT_URL': { ...pooled, DATABASE_DIRECT_URL: url({ port: '1' }) },
    'a file': { DATA_DIR: '/dev/null' },
    'below a file': { DATA_DIR: '/dev/null/above/data' },
  });
});

/** Resolves when the one process that starts them all has ended by itself: none of them left it something to do. */
async function refusedOneAfterTheOther(starts: Readonly<Record<string, object>>): Promise<typeof refusals> {
  const environments = Object.values(starts).map((env) => ({
    ...quietSettings,
    ...('DATABASE_URL' in env ? { AUTH_JWT_SECRET: testSecret } : {}),
    ...env,
  }));
  await using service = start(process.execPath, ['test/cli/refused-starts.ts', JSON.stringify(environments)]);
  const started = service.wrote(/^gRPC/m).then(() => expect.fail('the service started'));
  const { stderr, stdout } = await Promise.race([service.ended, started]);
  const parts = stderr.split(/^exit code (.*)\n/m);
  expect([stdout, parts.pop()]).toEqual(['', '']);
  return new Map(
    Object.keys(starts).map((name, index) => [
      name,
      { stderr: parts[2 * index] ?? '', code: Number(parts[2 * index + 1]) },
    ]),
  );
}

describe('a service whose address is taken', () => {
  it.each(['GRPC_ADDRESS', 'HTTP_ADDRESS'])('says so and what to do: %s', (setting) => {
    expect(refusals.get(`${setting} taken`)).toEqual({
      code: 1,
      stderr: `cannot listen on ${takenAddress}: something else listens there. Set ${setting} to another host:port.\n`,
    });
  });
});

describe('a service with a DATABASE_URL that is wrong', () => {
  it.each([
    ['nobody listens', 'ECONNREFUSED'],
    ['wrong password', 'password authentication failed for user "postgres"'],
    ['no such database', 'database "nowhere" does not exist'],
  ])('ends in one line: %s', (wrong, reason) => {
    const { code, stderr = '' } = refusals.get(wrong) ?? {};
    expect(code).toBe(1);
    expect(stderr).toMatch(/^DATABASE_URL postgresql:.+ cannot be used: .+\n$/);
    expect(stderr).toContain(reason);
    for (const { password } of [new URL(inject('adminDatabaseUrl')), { password: 'hidden' }]) {
      expect(stderr).not.toContain(password);
    }
  });
});

describe('a service whose DATA_DIR cannot be a folder', () => {
  it.each([
    ['a file', '/dev/null', 'EEXIST'],
    ['below a file', '/dev/null/above/data', 'ENOTDIR'],
  ])('says so when it is %s', (wrong, dataDir, reason) => {
    expect(refusals.get(wrong)).toEqual({
      code: 1,
      stderr: `DATA_DIR ${dataDir} cannot be a folder (${reason}): choose another\n`,
    });
  });
});

describe('a service behind a pooler', () => {
  it.each(['DATABASE_URL', 'DATABASE_DIRECT_URL'])('says which way is wrong: %s', (setting) => {
    const { code, stderr } = refusals.get(`pooled ${setting}`) ?? {};
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
