import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GrpcJsClient } from '../support/grpc-js-client.ts';
import { answered, type Replica, startReplicas } from './support/replicas.ts';
import { openScene } from './support/scene.ts';

const REPLICAS = 3;
const KILLS = 2;

/** A client that soon finds a process that was started again. */
function clientOf({ grpcAddress }: Replica): GrpcJsClient {
  return new GrpcJsClient(grpcAddress, undefined, {
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 100,
  });
}

it('A process that is killed at any moment takes nothing with it that was acknowledged, nor an event', async () => {
  const kill = fc.record({
    victim: fc.nat({ max: REPLICAS - 1 }),
    changes: fc.integer({ min: 10, max: 40 }),
  });
  const kills = fc.array(kill, { minLength: KILLS, maxLength: KILLS });
  const property = fc.asyncProperty(kills, async (killed) => {
    await using replicas = await startReplicas(REPLICAS);
    using open = new DisposableStack();
    const clients = replicas.all.map((replica) => open.use(clientOf(replica)));
    let turn = 0;
    const next = (): GrpcJsClient => {
      turn += 1;
      const client = clients[turn % REPLICAS];
      if (client === undefined) throw new Error('there are fewer clients than replicas');
      return client;
    };
    await using scene = await openScene(replicas, next);

    for (const { victim, changes } of killed) {
      await scene.load.goesOn(changes);
      const replica = replicas.all[victim];
      if (replica === undefined) throw new Error(`there is no replica ${victim}`);
      replica.process.kill('SIGKILL');
      await scene.load.goesOn(15);
      await scene.load.during(replica.restart());
      await expect.poll(() => answered(replica)).toBeGreaterThan(0);
    }
    await scene.load.goesOn(15);
    await scene.finish();

    expect(new Set(scene.failures.map(({ code }) => code))).toEqual(new Set(['UNAVAILABLE']));
  });
  // A failure prints the numbers. Others that fail as well would say no more.
  await fc.assert(property, { numRuns: 1, endOnFailure: true });
}, 300_000);
