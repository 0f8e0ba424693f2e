import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { encodeEnvelope } from '@connectrpc/connect/protocol';
import { Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ImportProjectStreamRequest } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { GrpcJsClient } from '../support/grpc-js-client.ts';
import { beginRawGrpc } from '../support/raw-grpc.ts';
import { refusal } from '../support/refusal.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';
import {
  chain,
  exportDocument,
  importDocument,
  piecesOf,
  projectDocument,
  projectOf,
  streamDocument,
} from './support/documents.ts';
import { problemsOf, warningsOf } from './support/problems.ts';
import { readSample } from './support/samples.ts';
import { countRows } from './support/written-rows.ts';

let service: TestService;
/** Where the service keeps what is temporary. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lightning-projects-test-'));
  vi.stubEnv('TMPDIR', folder);
  service = await startTestService();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await service.close();
  await rm(folder, { recursive: true });
});

const options = { case: 'options', value: {} } as const;
const file = { case: 'file', value: { path: '1.js', text: 'one();' } } as const;
const chunk = { case: 'chunk', value: Buffer.from('name: p\nworkflows: null\n') } as const;
const nothing = { case: undefined };

/** Sends messages of these parts. */
function send(...parts: readonly (typeof options | typeof file | typeof chunk | typeof nothing)[]) {
  async function* messages() {
    for (const part of parts) yield { part };
  }
  return service.client(ProjectsService, service.admin).importProjectStream(messages());
}

describe('a document that comes in pieces', () => {
  it('is imported as the whole is, wherever it is cut', async () => {
    const yaml = readSample('lightning-canonical-project-v1.yaml');
    const whole = await importDocument(service, yaml, { createMissingCredentials: true });
    const pieces = await streamDocument(service, piecesOf(yaml, 7), { createMissingCredentials: true });
    expect(pieces.created).toEqual({ ...whole.created, credentials: 0 });
    expect(await exportDocument(service, projectOf(pieces))).toBe(yaml);
  });

  it('takes bodies from the files that come before it', async () => {
    const yaml = 'name: p\nworkflows: {w: {name: w, jobs: {a: {name: a, adaptor: x, body: {path: 1.js}}}}}\n';
    const answer = await streamDocument(service, piecesOf(yaml), { files: { '1.js': 'one();' } });
    expect(warningsOf(answer)).toEqual([]);
    expect(await exportDocument(service, projectOf(answer))).toContain('one();');
  });

  it.each([-1, 1])('is refused whole when it has not the size that was told, by %i', async (difference) => {
    const yaml = projectDocument('  a: {name: a}\n', '  b: {name: b}\n');
    const sizeBytes = BigInt(Buffer.byteLength(yaml));
    const projectId = projectOf(await streamDocument(service, piecesOf(yaml, 10), { sizeBytes }));
    const before = await exportDocument(service, projectId);

    const half = piecesOf(yaml.slice(0, yaml.indexOf('  b:')));
    const told = BigInt(Buffer.byteLength(yaml.slice(0, yaml.indexOf('  b:'))) + difference);
    const refused = await refusal(streamDocument(service, half, { projectId, prune: true, sizeBytes: told }));

    expect(refused).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'DOCUMENT_INCOMPLETE',
      fields: { 'options.size_bytes': 'DOCUMENT_INCOMPLETE' },
    });
    expect(await exportDocument(service, projectId)).toBe(before);
  });

  it('must not be named as another sandbox is', async () => {
    const parentId = projectOf(await importDocument(service, 'name: root\nworkflows: null\n'));
    const sandbox = () => streamDocument(service, [chunk.value], { parentId });
    await sandbox();
    expect(await refusal(sandbox())).toMatchObject({
      reason: 'PROJECT_NAME_TAKEN',
      fields: { 'options.name': expect.any(String) },
    });
  });

  it('is refused for its options by the names that they have in the request', async () => {
    const owner = await aUser(service);
    const requestId = randomUUID();
    const projectId = projectOf(await streamDocument(service, [chunk.value], { requestId }));
    const refusals = [
      streamDocument(service, [chunk.value], { projectId, parentId: projectId }),
      streamDocument(service, [Buffer.from('name: q')], { requestId }),
      streamDocument(service, [chunk.value], { actorUserId: randomUUID() }, { token: owner.token }),
    ];
    expect(await Promise.all(refusals.map(async (one) => Object.keys((await refusal(one)).fields)))).toEqual([
      ['options.parent_id'],
      ['options.request_id'],
      ['options.actor_user_id'],
    ]);
  });

  it('tells all its problems', async () => {
    const yaml = projectDocument('  a: {}\n', '  b: {name: b, edges: {e: {condition_type: always}}}\n');
    expect(await problemsOf(streamDocument(service, piecesOf(yaml, 10)))).toEqual([
      'MISSING_NAME 3:3 workflows.a',
      'NO_SOURCE 4:24 workflows.b.edges.e',
      'NO_TARGET 4:24 workflows.b.edges.e',
    ]);
  });
});

describe('a stream', () => {
  it.each([
    ['without options first', [chunk]],
    ['with a file first', [file]],
    ['with nothing first', [nothing]],
    ['with options twice', [options, options]],
    ['with options at the end', [options, chunk, options]],
    ['with a file behind a piece of the document', [options, chunk, file]],
    ['with a message that holds nothing', [options, nothing, chunk]],
  ])('%s is refused', async (_, parts) => {
    expect(await refusal(send(...parts))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'STREAM_ORDER',
      fields: { part: 'STREAM_ORDER' },
    });
  });

  it('without any message is refused', async () => {
    expect(await refusal(send())).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'EMPTY_STREAM' });
  });

  it('with two files of one path is refused, whatever they hold', async () => {
    expect(await refusal(send(options, file, file, chunk))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'VALIDATION_FAILED',
      fields: { 'file.path': 'REPEATED' },
    });
  });

  it('of a stranger is refused at its first message', async () => {
    const { token } = await aUser(service);
    async function* messages() {
      yield { part: options };
      await new Promise(() => {});
    }
    const call = service.client(ProjectsService, token).importProjectStream(messages());
    expect(await refusal(call)).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'SUPERUSER_REQUIRED' });
  });

  it('may hold 64 MiB of files and no more, in bytes and with their paths', async () => {
    // Without its path, 16 MiB of UTF-8, in a third of the characters.
    const text = `x${'\u20ac'.repeat((16 * 1024 * 1024 - 1) / 3)}`;
    const files = Object.fromEntries(['1', '2', '3', '4'].map((path) => [path, text]));
    const refused = await refusal(streamDocument(service, piecesOf('name: p\n'), { files }));
    expect(refused).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'FILES_TOO_LARGE' });
  });

  it('may hold 10,000 files and no more', async () => {
    const files = Object.fromEntries(Array.from({ length: 10_001 }, (_, n) => [`${n}`, '']));
    const refused = await refusal(streamDocument(service, piecesOf('name: p\n'), { files }));
    expect(refused).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'FILES_TOO_LARGE' });
    delete files['10000'];
    await expect(streamDocument(service, piecesOf('name: p\n'), { files })).resolves.toBeDefined();
  });

  it('may hold messages of 17 MiB and no more', async () => {
    using client = new GrpcJsClient(new URL(service.grpcUrl).host);
    const { call, answer } = client.clientStream(method, { metadata: token() });
    call.write(message(options));
    call.write(message({ case: 'chunk', value: Buffer.alloc(18 * 1024 * 1024) }));
    await expect(answer).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  it('for which the disk has no place can be sent again, and then arrives', async () => {
    vi.stubEnv('TMPDIR', join(folder, 'not-mounted'));
    onTestFinished(() => void vi.stubEnv('TMPDIR', folder));
    await expect(refusal(send(options, chunk))).resolves.toMatchObject({
      code: 'UNAVAILABLE',
      reason: 'SPOOL_UNAVAILABLE',
      message: expect.not.stringContaining(folder),
    });
    vi.stubEnv('TMPDIR', folder);
    await expect(send(options, chunk)).resolves.toMatchObject({ projectCreated: true });
  });

  it('that is cancelled half-way leaves nothing behind', async () => {
    const before = await countRows(service);
    using client = new GrpcJsClient(new URL(service.grpcUrl).host);
    const { call, answer } = client.clientStream(method, { metadata: token() });
    await sendsHalf((half) => call.write(message(half)));
    const cancelled = await cancelledCalls();
    call.cancel();
    await expect(answer).rejects.toMatchObject({ code: status.CANCELLED });
    await expect.poll(cancelledCalls).toBeGreaterThan(cancelled);
    expect(await readdir(folder)).toEqual([]);
    expect(await countRows(service)).toEqual(before);
  });

  it('whose connection breaks half-way leaves nothing behind', async () => {
    const before = await countRows(service);
    const path = `/${ProjectsService.typeName}/ImportProjectStream`;
    const { session, stream } = beginRawGrpc(service.grpcUrl, path, service.admin);
    await sendsHalf((half) => stream.write(encodeEnvelope(0, toBinary(method.input, message(half)))));
    const cancelled = await cancelledCalls();
    session.destroy();
    await expect.poll(cancelledCalls).toBeGreaterThan(cancelled);
    expect(await readdir(folder)).toEqual([]);
    expect(await countRows(service)).toEqual(before);
  });
});

const method = ProjectsService.method.importProjectStream;

function message(part: MessageInitShape<typeof method.input>['part']): ImportProjectStreamRequest {
  return create(method.input, part === undefined ? {} : { part });
}

function token(): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${service.admin}`);
  return metadata;
}

/** Sends the options and a piece of a document, and waits until the service keeps it in the folder of temporary files. */
async function sendsHalf(write: (part: NonNullable<MessageInitShape<typeof method.input>['part']>) => void) {
  const watcher = watch(folder);
  const kept = once(watcher, 'change');
  write(options);
  write({ case: 'chunk', value: Buffer.from(projectDocument(chain('w', ['a']))) });
  await kept;
  watcher.close();
}

/** How many imports were cancelled so far, as the service counts them. */
async function cancelledCalls(): Promise<number> {
  const metrics = await (await fetch(`${service.httpUrl}/metrics`)).text();
  const count =
    /^rpc_server_duration_seconds_count\{method="ProjectsService.ImportProjectStream",code="CANCELLED"\} (\d+)$/m;
  return Number(count.exec(metrics)?.[1] ?? 0);
}
