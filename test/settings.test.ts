import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { readSettings, settingsTable } from '../src/settings.ts';
import { StartupError } from '../src/startup-error.ts';

const secret = 'not-a-real-secret-but-a-long-one';

describe('settings', () => {
  it('are complete without any variable', () => {
    expect(readSettings({})).toEqual({
      grpcAddress: { host: '127.0.0.1', port: 50051 },
      httpAddress: { host: '127.0.0.1', port: 8080 },
      database: { url: undefined, directUrl: undefined, replicaUrls: [], poolSize: 10 },
      dataDir: `${process.cwd()}/.data`,
      files: { kind: 'folder', path: `${process.cwd()}/.data/files`, mustExist: false },
      auth: { key: { kind: 'generated' }, issuer: undefined, audience: undefined },
      roles: new Set(['rpc', 'worker']),
      workers: 1,
      purgeDeletedAfterDays: undefined,
      activityCleanupChunkSize: 500,
      mail: undefined,
      publicUrl: 'http://localhost:4000',
      tls: undefined,
      logLevel: 'info',
      defaultDeadlineMs: 30_000,
      slowConsumerMs: 60_000,
      corsAllowedOrigins: 'loopback',
      shutdownGraceMs: 2_000,
    });
  });

  it('take what the variables say', () => {
    expect(
      readSettings({
        GRPC_ADDRESS: '0.0.0.0:0',
        HTTP_ADDRESS: '[::]:443',
        DATABASE_URL: 'postgres://lightning:secret@db.example.org/projects?sslmode=require',
        DATABASE_DIRECT_URL: 'postgres://lightning:secret@server.example.org/projects',
        DATABASE_REPLICA_URLS: 'postgresql://one/projects, postgresql://two/projects,',
        DATABASE_POOL_SIZE: '25',
        DATA_DIR: '/var/lib/projects',
        FILE_STORE_URL: 's3://project-files/exports/?region=eu-west-1&endpoint=https://s3.example.org',
        AUTH_JWKS_URL: 'https://id.example.org/jwks',
        AUTH_ISSUER: 'https://id.example.org',
        AUTH_AUDIENCE: 'projects',
        ROLES: 'worker',
        WORKERS: '4',
        PURGE_DELETED_AFTER_DAYS: '0',
        ACTIVITY_CLEANUP_CHUNK_SIZE: '50',
        SMTP_URL: 'smtps://user:secret@mail.example.org',
        MAIL_FROM: 'Lightning <projects@example.org>',
        PUBLIC_URL: 'https://app.example.org/',
        TLS_CERT_FILE: 'cert.pem',
        TLS_KEY_FILE: 'key.pem',
        TLS_CLIENT_CA_FILE: 'ca.pem',
        LOG_LEVEL: 'debug',
        DEFAULT_DEADLINE_MS: '1000',
        SLOW_CONSUMER_MS: '2000',
        CORS_ALLOWED_ORIGINS: 'https://app.example.org,http://localhost:3000',
        SHUTDOWN_GRACE_MS: '0',
      }),
    ).toEqual({
      grpcAddress: { host: '0.0.0.0', port: 0 },
      httpAddress: { host: '::', port: 443 },
      database: {
        url: 'postgres://lightning:secret@db.example.org/projects?sslmode=require',
        directUrl: 'postgres://lightning:secret@server.example.org/projects',
        replicaUrls: ['postgresql://one/projects', 'postgresql://two/projects'],
        poolSize: 25,
      },
      dataDir: '/var/lib/projects',
      files: {
        kind: 's3',
        bucket: 'project-files',
        prefix: 'exports/',
        region: 'eu-west-1',
        endpoint: 'https://s3.example.org',
      },
      auth: {
        key: { kind: 'jwks', url: 'https://id.example.org/jwks' },
        issuer: 'https://id.example.org',
        audience: 'projects',
      },
      roles: new Set(['worker']),
      workers: 4,
      purgeDeletedAfterDays: 0,
      activityCleanupChunkSize: 50,
      mail: { smtpUrl: 'smtps://user:secret@mail.example.org', from: 'Lightning <projects@example.org>' },
      publicUrl: 'https://app.example.org',
      tls: { certFile: 'cert.pem', keyFile: 'key.pem', clientCaFile: 'ca.pem' },
      logLevel: 'debug',
      defaultDeadlineMs: 1_000,
      slowConsumerMs: 2_000,
      corsAllowedOrigins: ['https://app.example.org', 'http://localhost:3000'],
      shutdownGraceMs: 0,
    });
  });

  it('use every core in production, unless they say how many', () => {
    expect(readSettings({ NODE_ENV: 'production' }).workers).toBe(availableParallelism());
    expect(readSettings({ NODE_ENV: 'production', WORKERS: '1' }).workers).toBe(1);
  });

  it('verify tokens with a shared secret of 32 bytes, however many characters they are', () => {
    expect(readSettings({ AUTH_JWT_SECRET: 'ü'.repeat(16) }).auth.key).toEqual({
      kind: 'secret',
      secret: 'ü'.repeat(16),
    });
  });

  it.each([
    ['file:///srv/project%20files', { kind: 'folder', path: '/srv/project files', mustExist: true }],
    [
      's3://project-files',
      { kind: 's3', bucket: 'project-files', prefix: '', region: undefined, endpoint: undefined },
    ],
  ])('find project files at %s', (url, location) => {
    expect(readSettings({ FILE_STORE_URL: url }).files).toEqual(location);
  });

  it('take an empty or blank variable as unset', () => {
    expect(readSettings({ GRPC_ADDRESS: '', DATABASE_URL: ' ', ROLES: '' })).toEqual(readSettings({}));
  });

  it.each(['localhost:1', '127.0.0.1:1', '127.1.2.3:1', '[::1]:1'])(
    'let %s be listened on without a secret',
    (address) => {
      expect(() => readSettings({ GRPC_ADDRESS: address, HTTP_ADDRESS: address })).not.toThrow();
    },
  );
});

const badAddress = 'must be host:port with a port from 0 to 65535 and an IPv6 host in brackets';
const badRoles = 'must be rpc, worker or both, comma separated';
const badOrigins = 'must be origins such as https://app.example.org, comma separated';
const badFileStore =
  'must be file:///folder or s3://bucket/prefix?region=…&endpoint=https://…, without credentials';
const exposed = 'may leave loopback only with AUTH_JWT_SECRET or AUTH_JWKS_URL';

describe('a bad setting', () => {
  it.each([
    [{ GRPC_ADDRESS: '50051' }, `GRPC_ADDRESS ${badAddress}, not "50051"`],
    [{ GRPC_ADDRESS: 'localhost:65536' }, `GRPC_ADDRESS ${badAddress}, not "localhost:65536"`],
    [{ HTTP_ADDRESS: '::1:8080' }, `HTTP_ADDRESS ${badAddress}, not "::1:8080"`],
    [{ HTTP_ADDRESS: '[localhost]:8080' }, `HTTP_ADDRESS ${badAddress}, not "[localhost]:8080"`],
    [{ GRPC_ADDRESS: '0.0.0.0:1' }, `GRPC_ADDRESS ${exposed}, not "0.0.0.0:1"`],
    [{ HTTP_ADDRESS: '[::]:1' }, `HTTP_ADDRESS ${exposed}, not "[::]:1"`],
    [{ HTTP_ADDRESS: '127.example.org:1' }, `HTTP_ADDRESS ${exposed}, not "127.example.org:1"`],
    [
      { DATABASE_URL: 'mysql://root:secret@db/projects' },
      'DATABASE_URL must be a URL that begins with postgres:// or postgresql://',
    ],
    [
      { DATABASE_URL: 'postgres://db/x', DATABASE_REPLICA_URLS: 'postgres://one/x,two:secret' },
      'DATABASE_REPLICA_URLS must be a URL that begins with postgres:// or postgresql://',
    ],
    [
      { DATABASE_REPLICA_URLS: 'postgres://one/x' },
      'DATABASE_REPLICA_URLS needs DATABASE_URL: the embedded PostgreSQL has no replicas',
    ],
    [
      { DATABASE_DIRECT_URL: 'postgres://one/x' },
      'DATABASE_DIRECT_URL needs DATABASE_URL: the embedded PostgreSQL has no pooler',
    ],
    [{ DATABASE_POOL_SIZE: '0' }, 'DATABASE_POOL_SIZE must be a whole number from 1 to 1000, not "0"'],
    [{ DATABASE_POOL_SIZE: '1e2' }, 'DATABASE_POOL_SIZE must be a whole number from 1 to 1000, not "1e2"'],
    [{ AUTH_JWT_SECRET: 'x'.repeat(31) }, 'AUTH_JWT_SECRET must be at least 32 bytes long'],
    ...[
      'files',
      'file://host/files',
      'file:///files?region=x',
      's3://Bucket',
      's3://bucket/%ff',
      's3://bucket?regoin=eu-west-1',
      's3://bucket?endpoint=s3.example.org',
      's3://key:secret@bucket',
      's3://bucket?endpoint=https://key:secret@s3.example.org',
    ].map((url): [Record<string, string>, string] => [
      { FILE_STORE_URL: url },
      `FILE_STORE_URL ${badFileStore}`,
    ]),
    [
      { AUTH_JWKS_URL: 'file:///jwks' },
      'AUTH_JWKS_URL must be a URL that begins with https:// or http://, not "file:///jwks"',
    ],
    [
      { AUTH_JWT_SECRET: secret, AUTH_JWKS_URL: 'https://id.example.org/jwks' },
      'AUTH_JWKS_URL cannot be used together with AUTH_JWT_SECRET',
    ],
    [{ ROLES: 'rpc,reader' }, `ROLES ${badRoles}, not "rpc,reader"`],
    [{ ROLES: ',' }, `ROLES ${badRoles}, not ","`],
    [{ WORKERS: '0' }, 'WORKERS must be a whole number from 1 to 256, not "0"'],
    [
      { PURGE_DELETED_AFTER_DAYS: '-1' },
      'PURGE_DELETED_AFTER_DAYS must be a whole number from 0 to 36500 (days), not "-1"',
    ],
    [
      { ACTIVITY_CLEANUP_CHUNK_SIZE: '1.5' },
      'ACTIVITY_CLEANUP_CHUNK_SIZE must be a whole number from 1 to 100000, not "1.5"',
    ],
    [
      { SMTP_URL: 'http://user:secret@mail', MAIL_FROM: 'a@b' },
      'SMTP_URL must be a URL that begins with smtp:// or smtps://',
    ],
    [{ SMTP_URL: 'smtp://mail' }, 'MAIL_FROM must be set when SMTP_URL is'],
    [
      { MAIL_FROM: 'projects' },
      'MAIL_FROM must be an e-mail address, or a name and an address in <>, not "projects"',
    ],
    [{ TLS_CERT_FILE: 'cert.pem' }, 'TLS_KEY_FILE must be set when TLS_CERT_FILE is'],
    [{ TLS_KEY_FILE: 'key.pem' }, 'TLS_CERT_FILE must be set when TLS_KEY_FILE is'],
    [{ TLS_CLIENT_CA_FILE: 'ca.pem' }, 'TLS_CLIENT_CA_FILE needs TLS_CERT_FILE and TLS_KEY_FILE'],
    [
      { LOG_LEVEL: 'loud' },
      'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, not "loud"',
    ],
    [
      { DEFAULT_DEADLINE_MS: '30s' },
      'DEFAULT_DEADLINE_MS must be a whole number from 1 to 3600000 (milliseconds), not "30s"',
    ],
    [
      { CORS_ALLOWED_ORIGINS: 'https://app.example.org/' },
      `CORS_ALLOWED_ORIGINS ${badOrigins}, not "https://app.example.org/"`,
    ],
    [{ CORS_ALLOWED_ORIGINS: '*' }, `CORS_ALLOWED_ORIGINS ${badOrigins}, not "*"`],
    [
      { SHUTDOWN_GRACE_MS: '600001' },
      'SHUTDOWN_GRACE_MS must be a whole number from 0 to 600000 (milliseconds), not "600001"',
    ],
  ])('%j is named in one line', (env, line) => {
    expect(() => readSettings(env)).toThrow(new StartupError(line));
  });

  it('does not hide the others: each has its line', () => {
    const bad = Object.fromEntries(settingsTable.map(({ name }) => [name, '?']));
    const lines = refusal(bad).split('\n');
    // A DATA_DIR, an issuer, an audience and the names of files may be anything.
    const free = /DATA_DIR|AUTH_ISSUER|AUTH_AUDIENCE|_FILE$/;
    const expected = settingsTable.map(({ name }) => name).filter((name) => !free.test(name));
    expect(lines.map((line) => line.split(' ')[0]).sort()).toEqual(expected.sort());
  });

  it('does not give a secret away', () => {
    const bad = {
      DATABASE_URL: 'x:hush',
      DATABASE_REPLICA_URLS: 'x:hush',
      AUTH_JWT_SECRET: 'hush',
      SMTP_URL: 'x:hush',
      FILE_STORE_URL: 's3://hush@bucket',
    };
    expect(refusal(bad)).not.toContain('hush');
  });
});

describe('the table of settings', () => {
  it('says of each what it means and what it is by default', () => {
    for (const { name, default: fallback, meaning } of settingsTable) {
      expect(meaning, name).toMatch(/\.$/);
      expect(fallback, name).toMatch(/^`.+`$|^unset: ./);
    }
    expect(settingsTable).toContainEqual({
      name: 'DATA_DIR',
      default: '`.data`',
      meaning: 'Directory of the embedded PostgreSQL and of generated secrets.',
    });
    expect(settingsTable).toContainEqual({
      name: 'DATABASE_URL',
      default: 'unset: the embedded PostgreSQL in `DATA_DIR`',
      meaning: 'PostgreSQL 15 or newer, whose user may create a schema.',
    });
  });
});

function refusal(env: Record<string, string>): string {
  try {
    readSettings(env);
  } catch (error) {
    if (error instanceof StartupError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}
