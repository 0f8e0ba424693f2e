import { gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { createClient, type Interceptor, type Transport } from '@connectrpc/connect';
import { compressionGzip, createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UpsertUsersRequestSchema } from '../../src/gen/lightning/projects/v1/directory_service_pb.ts';
import {
  HistoryService,
  LogLineSchema,
  RecordHistoryRequestSchema,
} from '../../src/gen/lightning/projects/v1/history_service_pb.ts';
import { UserSchema } from '../../src/gen/lightning/projects/v1/user_pb.ts';
import { defaultTransportLimits } from '../../src/transport/limits.ts';
import { messageReader } from '../../src/transport/message-reader.ts';
import { GrpcJsClient } from '../support/grpc-js-client.ts';
import { refusal } from '../support/refusal.ts';
import {
  bearer,
  DirectoryService,
  ProjectsService,
  startTestService,
  type TestService,
} from '../support/service.ts';

const MIB = 1024 * 1024;
const TOO_MANY = 350_001;
/** One message again and again: making each costs more than sending all. */
const users = new Array(TOO_MANY).fill(create(UserSchema));
const logLines = new Array(TOO_MANY).fill(create(LogLineSchema));
let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});

afterAll(() => service.close());

function asAdmin(): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${service.admin}`);
  return metadata;
}

it('refuses a message above the limit, and goes on serving the connection (HTTP)', async () => {
  const client = service.httpClient(ProjectsService, service.admin);
  const large = client.importProject({ yaml: '#'.repeat(18 * MIB) });
  await expect(refusal(large)).resolves.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  await expect(client.listProjects({}, { timeoutMs: 5000 })).resolves.toBeDefined();
});

it('refuses a message above the limit, and goes on serving the connection (gRPC)', async () => {
  using client = new GrpcJsClient(new URL(service.grpcUrl).host);
  const { importProject, listProjects } = ProjectsService.method;
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${service.admin}`);
  const large = create(importProject.input, { yaml: '#'.repeat(18 * MIB) });
  await expect(client.unary(importProject, large, { metadata })).rejects.toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
  });
  await expect(client.unary(listProjects, create(listProjects.input), { metadata })).resolves.toBeDefined();
});

it.each<[string, (client: GrpcJsClient) => Promise<unknown>]>([
  [
    'fields',
    (client) => {
      const request = create(UpsertUsersRequestSchema);
      request.$unknown = new Array(TOO_MANY).fill({ no: 15, wireType: 0, data: new Uint8Array(1) });
      return client.unary(DirectoryService.method.upsertUsers, request, { metadata: asAdmin() });
    },
  ],
  [
    'messages',
    (client) => {
      return client.unary(DirectoryService.method.upsertUsers, create(UpsertUsersRequestSchema, { users }), {
        metadata: asAdmin(),
      });
    },
  ],
  [
    'messages, in a stream,',
    (client) => {
      const { call, answer } = client.clientStream(HistoryService.method.recordHistory, {
        metadata: asAdmin(),
      });
      call.end(create(RecordHistoryRequestSchema, { logLines }));
      return answer;
    },
  ],
])('makes nothing of a message of too many %s', async (_, send) => {
  using client = new GrpcJsClient(new URL(service.grpcUrl).host);
  await expect(send(client)).rejects.toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
    details: 'the message holds more than 350000 fields',
  });
});

const ofHttp = { httpVersion: '1.1' } as const;
const compressed = { ...ofHttp, sendCompression: compressionGzip } as const;

it.each<[string, (options: { baseUrl: string; interceptors: Interceptor[] }) => Transport]>([
  ['Connect', (options) => createConnectTransport({ ...options, ...ofHttp, useBinaryFormat: true })],
  ['Connect, as JSON', (options) => createConnectTransport({ ...options, ...ofHttp })],
  [
    'Connect, compressed',
    (options) => createConnectTransport({ ...options, ...compressed, useBinaryFormat: true }),
  ],
  ['gRPC-Web', (options) => createGrpcWebTransport({ ...options, ...ofHttp })],
  [
    'gRPC-Web, as JSON',
    (options) => createGrpcWebTransport({ ...options, ...ofHttp, useBinaryFormat: false }),
  ],
  ['gRPC-Web, compressed', (options) => createGrpcWebTransport({ ...options, ...compressed })],
])('makes nothing of a message of too many fields (%s)', async (_, transport) => {
  const options = { baseUrl: service.httpUrl, interceptors: [bearer(service.admin)] };
  const directory = createClient(DirectoryService, transport(options));
  const history = createClient(HistoryService, transport(options));
  const batches = async function* () {
    yield { logLines: [{}] };
    yield { logLines };
  };
  const calls = [() => directory.upsertUsers({ users }), () => history.recordHistory(batches())];
  for (const call of calls) {
    await expect(refusal(call())).resolves.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      reason: 'RESOURCE_EXHAUSTED',
      message: 'the message holds more than 350000 fields',
    });
  }
});

it('makes nothing of a message of too many fields (Connect, by GET)', async () => {
  const bytes = toBinary(
    ProjectsService.method.batchGetProjects.input,
    create(ProjectsService.method.batchGetProjects.input, { ids: new Array(TOO_MANY).fill('') }),
  );
  const query = new URLSearchParams({
    connect: 'v1',
    encoding: 'proto',
    base64: '1',
    compression: 'gzip',
    message: gzipSync(bytes).toString('base64url'),
  });
  const url = `${service.httpUrl}/lightning.projects.v1.ProjectsService/BatchGetProjects?${query}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${service.admin}` } });
  await expect(answer.json()).resolves.toMatchObject({
    code: 'resource_exhausted',
    message: 'the message holds more than 350000 fields',
  });
});

it('counts no text as fields (Connect, as JSON)', async () => {
  const client = service.httpClient(ProjectsService, service.admin);
  const yaml = `name: many\ndescription: '${'\\"[,'.repeat(400_000)}'`;
  await expect(refusal(client.importProject({ yaml, validateOnly: true }))).resolves.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
});

it('keeps nothing of fields that it does not know', () => {
  const bytes = new Uint8Array([15 << 3, 1]);
  expect(messageReader(UpsertUsersRequestSchema, defaultTransportLimits)(bytes)).toEqual(
    create(UpsertUsersRequestSchema),
  );
});

it('counts what a compressed message unpacks to', async () => {
  const client = createClient(
    ProjectsService,
    createConnectTransport({
      baseUrl: service.httpUrl,
      httpVersion: '1.1',
      interceptors: [bearer(service.admin)],
      sendCompression: compressionGzip,
    }),
  );
  const bomb = client.importProject({ yaml: '#'.repeat(18 * MIB) });
  await expect(refusal(bomb)).resolves.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
});
