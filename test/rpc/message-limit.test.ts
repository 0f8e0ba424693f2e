import { create } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { compressionGzip, createConnectTransport } from '@connectrpc/connect-node';
import { Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GrpcJsClient } from '../support/grpc-js-client.ts';
import { refusal } from '../support/refusal.ts';
import { bearer, ProjectsService, startTestService, type TestService } from '../support/service.ts';

const MIB = 1024 * 1024;
let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});

afterAll(() => service.close());

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
