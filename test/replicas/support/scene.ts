import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { GrpcJsClient } from '../../support/grpc-js-client.ts';
import { DirectoryService, ProjectsService, serviceToken, userToken } from '../../support/service.ts';
import { importLargeProject } from '../../support/stalled-export.ts';
import { Clients, type Failure } from './clients.ts';
import { Load } from './load.ts';
import { expectStored, heardEvents, storedEvents } from './outcome.ts';
import type { Replicas } from './replicas.ts';
import { Watcher } from './watcher.ts';

/** Writers, readers, exports and watchers at work with replicas; disposing of it ends them, whatever they say. */
export interface Scene extends AsyncDisposable {
  readonly load: Load;
  /** What nobody changes. */
  readonly exported: { readonly id: string; readonly bytes: Buffer };
  /** Every failure that a client has seen. */
  readonly failures: readonly Failure[];
  /** Ends the work: all that was acknowledged must be stored, once, and all that happened heard, once, in order. */
  finish(): Promise<void>;
}

const WRITERS = 3;
const LARGE_WORKFLOWS = 5;

/** @param route whom clients ask next */
export async function openScene(replicas: Replicas, route: () => GrpcJsClient): Promise<Scene> {
  const admin = await serviceToken('projects:admin');
  const clients = new Clients(route, admin);
  const owners = Array.from({ length: WRITERS }, () => randomUUID());
  await clients.call(DirectoryService.method.upsertUsers, {
    users: owners.map((id) => ({ id, email: `${id}@example.org` })),
  });
  const [first] = replicas.all;
  const id = await importLargeProject(`http://${first?.grpcAddress}`, admin, LARGE_WORKFLOWS);
  const exported = { id, bytes: await wholeExport(clients, id) };

  const services = replicas.all.map(() => new Watcher(clients));
  const people = await Promise.all(
    owners.map(async (owner) => {
      const own = new Clients(route, await userToken(owner));
      return { owner, own, watcher: new Watcher(own) };
    }),
  );
  const watchers = [...services, ...people.map(({ watcher }) => watcher)];
  await Promise.all(watchers.map(({ begun }) => begun));
  const load = new Load(clients);
  load.start(owners, exported);

  return {
    load,
    exported,
    get failures() {
      return [clients, ...people.map(({ own }) => own)].flatMap(({ failures }) => failures);
    },
    async finish() {
      await load.stop();
      const ids = load.sites.map((site) => site.id);
      await expectStored(replicas.databaseUrl, load.sites);
      for (const watcher of services) await expectHeard(watcher, ids);
      for (const { owner, watcher } of people) {
        await expectHeard(
          watcher,
          load.sites.flatMap((site) => (site.ownerId === owner ? [site.id] : [])),
        );
      }
      await Promise.all(watchers.map((watcher) => watcher.leave()));

      async function expectHeard(watcher: Watcher, projectIds: readonly string[]) {
        const stored = await storedEvents(replicas.databaseUrl, projectIds);
        await expect.poll(() => watcher.events.length).toBeGreaterThanOrEqual(stored.length);
        expect(heardEvents(watcher.events)).toEqual(stored);
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([load.stop(), ...watchers.map((watcher) => watcher.leave())]);
    },
  };
}

async function wholeExport(clients: Clients, projectId: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  await clients.stream(
    ProjectsService.method.exportProject,
    () => ({ projectId }),
    async (stream) => {
      for await (const { chunk } of stream) chunks.push(chunk);
    },
  );
  return Buffer.concat(chunks);
}
