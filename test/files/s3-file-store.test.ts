import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FileStore } from '../../src/files/file-store.ts';
import { openFileStore } from '../../src/files/open-file-store.ts';
import { readSettings } from '../../src/settings.ts';

const { signal } = new AbortController();

const open = new AsyncDisposableStack();
let endpoint: string;
let client: S3Client;

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 's3-'));
  open.defer(() => rm(directory, { recursive: true }));
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: 'project-files' }],
  });
  const { port } = await server.run();
  open.defer(() => server.close());
  endpoint = `http://127.0.0.1:${port}`;
  credentials('S3RVER', 'S3RVER');
  client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
  open.defer(() => client.destroy());
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await open.disposeAsync();
});

/** Where the SDK looks for them first. */
function credentials(id: string, secret: string): void {
  vi.stubEnv('AWS_ACCESS_KEY_ID', id);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret);
}

async function store(place: string, at = endpoint): Promise<FileStore> {
  const settings = readSettings({ FILE_STORE_URL: `s3://${place}?region=us-east-1&endpoint=${at}` });
  const files = await openFileStore(settings.files);
  open.defer(() => files.close());
  return files;
}

const Bucket = 'project-files';
const put = (Key: string) => client.send(new PutObjectCommand({ Bucket, Key, Body: 'bytes' }));
const exists = (Key: string) =>
  client.send(new HeadObjectCommand({ Bucket, Key })).then(
    () => true,
    () => false,
  );

describe('A bucket of files', () => {
  it.each([
    ['at its top', 'project-files', 'a/export.zip'],
    ['under a prefix', 'project-files/kept/here/', 'kept/here/a/export.zip'],
  ])('removes an object %s', async (_, place, key) => {
    await put(key);
    await put(`${key}.other`);

    await (await store(place)).remove('a/export.zip', signal);

    expect(await exists(key)).toBe(false);
    expect(await exists(`${key}.other`)).toBe(true);
  });

  it('takes an object that is not there as removed', async () => {
    await (await store('project-files')).remove('no/such.zip', signal);
  });

  it('refuses a path that would leave its prefix', async () => {
    await put('secret.txt');
    const files = await store('project-files/kept');
    await expect(files.remove('../secret.txt', signal)).rejects.toMatchObject({
      reason: 'FILE_PATH_REFUSED',
    });
    expect(await exists('secret.txt')).toBe(true);
  });

  it('that does not exist is an error that names the setting', async () => {
    const files = await store('another-bucket');
    await expect(files.remove('a/export.zip', signal)).rejects.toMatchObject({
      kind: 'failed_precondition',
      reason: 'FILE_STORE_REFUSED',
      message: 'the bucket another-bucket did not remove a file (NoSuchBucket): see FILE_STORE_URL',
    });
  });

  it('that refuses the credentials is an error that names the setting and not the key', async () => {
    credentials('HUSH', 'wrong');
    const files = await store('project-files');
    await expect(files.remove('a/export.zip', signal)).rejects.toMatchObject({
      kind: 'failed_precondition',
      message: 'the bucket project-files did not remove a file (InvalidAccessKeyId): see FILE_STORE_URL',
    });
    credentials('S3RVER', 'S3RVER');
  });

  it('that cannot be reached fails in a way that another attempt may mend', async () => {
    const files = await store('project-files', 'http://127.0.0.1:9');
    await expect(files.remove('a/export.zip', signal)).rejects.toMatchObject({
      kind: 'unavailable',
      reason: 'FILE_STORE_UNAVAILABLE',
    });
  });

  it('is asked three times while it is overloaded', async () => {
    let asked = 0;
    const server = createServer((_, response) => {
      asked += 1;
      response.writeHead(503).end();
    }).listen(0, '127.0.0.1');
    open.defer(() => void server.close());
    await once(server, 'listening');
    // A server that listens on TCP has an AddressInfo.
    const { port } = server.address() as AddressInfo;

    const files = await store('project-files', `http://127.0.0.1:${port}`);

    await expect(files.remove('a/export.zip', signal)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(asked).toBe(3);
  });

  it('is not waited for once the signal aborts', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    open.defer(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server, 'listening');
    // A server that listens on TCP has an AddressInfo.
    const { port } = server.address() as AddressInfo;
    const over = new AbortController();
    server.once('request', () => over.abort(new Error('over')));

    const files = await store('project-files', `http://127.0.0.1:${port}`);

    await expect(files.remove('a/export.zip', over.signal)).rejects.toThrow('over');
  });
});
