import { create } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { compressionGzip, createConnectTransport } from '@connectrpc/connect-node';
import { Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UpsertUsersRequestSchema } from '../../src/gen/lightning/projects/v1/directory_service_pb.ts';
import {
  HistoryService,
  RecordHistoryRequestSchema,
} from '../../src/gen/lightning/projects/v1/history_service_pb.ts';
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
      request.$unknown = Array.from({ length: 400_000 }, () => ({
        no: 15,
        wireType: 0,
        data: new Uint8Array(1),
      }));
      return client.unary(DirectoryService.method.upsertUsers, request, { metadata: asAdmin() });
    },
  ],
  [
    'messages',
    (client) => {
      const users = Array.from({ length: 400_000 }, () => ({}));
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
      const logLines = Array.from({ length: 400_000 }, () => ({}));
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
