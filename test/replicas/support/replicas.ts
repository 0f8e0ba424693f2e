import { once } from 'node:events';
import { createServer } from 'node:net';
import { createTestDatabase } from '../../support/database.ts';
import { testSecret } from '../../support/service.ts';
import { type ServiceProcess, startService } from '../../support/service-process.ts';

/** A process of the service among others on one database, whose addresses stay when it is started again. */
export interface Replica {
  readonly grpcAddress: string;
  readonly httpUrl: string;
  /** The process that has the addresses at the moment. */
  process: ServiceProcess;
  /** Starts it once its process has ended. */
  restart(): Promise<void>;
}

export interface Replicas extends AsyncDisposable {
  readonly databaseUrl: string;
  readonly all: readonly Replica[];
}

/** Starts so many processes on a database of their own. */
export async function startReplicas(
  count: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Replicas> {
  await using undo = new AsyncDisposableStack();
  const database = undo.use(await createTestDatabase());
  const started: ServiceProcess[] = [];
  undo.defer(async () => {
    for (const process of started) await process[Symbol.asyncDispose]();
  });
  const starts = Array.from({ length: count }, async () => {
    const settings = {
      DATABASE_URL: database.url,
      AUTH_JWT_SECRET: testSecret,
      GRPC_ADDRESS: `127.0.0.1:${await portToKeep()}`,
      HTTP_ADDRESS: `127.0.0.1:${await portToKeep()}`,
      ...env,
    };
    const start = async () => {
      const process = await startService(settings);
      started.push(process);
      return process;
    };
    const process = await start();
    const replica: Replica = {
      grpcAddress: process.grpcAddress,
      httpUrl: process.httpUrl,
      process,
      async restart() {
        await replica.process.ended;
        replica.process = await start();
      },
    };
    return replica;
  });
  // What is still starting when one has failed must be ended, too.
  await Promise.allSettled(starts);
  const all = await Promise.all(starts);
  const stack = undo.move();
  return { databaseUrl: database.url, all, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** A free port that nobody is given who asks the system for any: those begin at 32768, on Linux, or above. */
async function portToKeep(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    const probe = createServer().listen(port, '127.0.0.1');
    const isFree = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    await once(probe.close(), 'close');
    return port;
  }
}

/** Calls that the process of a replica has answered so far. */
export async function answered({ httpUrl }: Replica): Promise<number> {
  const metrics = await (await fetch(`${httpUrl}/metrics`)).text();
  const counts = metrics.matchAll(/^rpc_server_duration_seconds_count\{.*code="OK"\} (\d+)$/gm);
  return Array.from(counts, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0);
}
