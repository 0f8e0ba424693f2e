import { create } from '@bufbuild/protobuf';
import { Metadata } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from '../../src/gen/health/v1/health_pb.ts';
import { ExportProjectRequestSchema } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { GrpcJsClient } from '../support/grpc-js-client.ts';
import { ProjectsService, serviceToken } from '../support/service.ts';
import { answered, startReplicas } from './support/replicas.ts';
import { openScene } from './support/scene.ts';

/** So long that no machine is too slow for what is in flight. */
const GRACE_MS = 30_000;

const roundRobin = {
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 100,
};

it('A client that spreads its calls over processes which are restarted in turn sees none fail', async () => {
  const token = await serviceToken('projects:admin');
  await using replicas = await startReplicas(2, { SHUTDOWN_GRACE_MS: String(GRACE_MS) });
  const addresses = replicas.all.map(({ grpcAddress }) => grpcAddress).join(',');
  using client = new GrpcJsClient(`ipv4:${addresses}`, undefined, roundRobin);
  await using scene = await openScene(replicas, () => client);

  for (const replica of replicas.all) {
    using direct = new GrpcJsClient(replica.grpcAddress);
    const health = direct
      .serverStream(Health.method.watch, create(HealthCheckRequestSchema))
      [Symbol.asyncIterator]();
    const nextStatus = async () => (await health.next()).value?.status;
    while ((await nextStatus()) !== Serving.SERVING);
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    const request = create(ExportProjectRequestSchema, { projectId: scene.exported.id });
    const stream = direct
      .serverStream(ProjectsService.method.exportProject, request, { metadata })
      [Symbol.asyncIterator]();
    const chunks: Uint8Array[] = [];
    const take = async () => {
      const { value, done } = await stream.next();
      if (!done) chunks.push(value.chunk);
      return done !== true;
    };
    await take();

    replica.process.kill('SIGTERM');
    expect(await nextStatus()).toBe(Serving.NOT_SERVING);
    expect(await nextStatus()).toBeUndefined();
    await scene.load.goesOn(20);
    while (await take());
    expect(Buffer.concat(chunks).equals(scene.exported.bytes)).toBe(true);
    expect(await replica.process.ended).toMatchObject({ code: 0 });

    await scene.load.during(replica.restart());
    await expect.poll(() => answered(replica)).toBeGreaterThan(0);
  }
  await scene.finish();

  // A watch never ends by itself: it is told to go on elsewhere.
  expect(scene.failures.filter(({ method }) => method !== 'WatchProjects')).toEqual([]);
  expect(new Set(scene.failures.map(({ code, details }) => `${code} ${details}`))).toEqual(
    new Set(['UNAVAILABLE this process stops: go on with the last resume_token']),
  );
}, 300_000);
