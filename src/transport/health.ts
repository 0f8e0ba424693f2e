import type { handleServerStreamingCall, Server, ServerWritableStream } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

/**
 * `grpc.health.v1.Health`: the state of the process (the empty name) and of each service, which share it. It is
 * NOT_SERVING until somebody says otherwise, and needs no token.
 */
export class Health {
  readonly #names: readonly string[];
  readonly #implementation = new HealthImplementation();
  readonly #watches = new Set<ServerWritableStream<unknown, unknown>>();

  /** @param services full names, e.g. `lightning.projects.v1.ProjectsService` */
  constructor(services: readonly string[]) {
    this.#names = ['', ...services];
    this.setServing(false);
  }

  /** Whether calls are answered. Clients that watch hear of it at once. */
  setServing(serving: boolean): void {
    const status = serving ? 'SERVING' : 'NOT_SERVING';
    for (const name of this.#names) this.#implementation.setStatus(name, status);
  }

  /** Says NOT_SERVING and ends the watches, which would otherwise hold up the end of the process. */
  shutDown(): void {
    this.setServing(false);
    for (const call of this.#watches) call.end();
  }

  addTo(server: Pick<Server, 'addService'>): void {
    this.#implementation.addToServer({
      addService: (definition, methods) => {
        // The library types every method as one of any kind; Watch is a server stream.
        const watch = methods.watch as handleServerStreamingCall<unknown, unknown>;
        server.addService(definition, {
          ...methods,
          watch: (call: ServerWritableStream<unknown, unknown>) => {
            this.#watches.add(call);
            call.once('cancelled', () => this.#watches.delete(call));
            watch(call);
          },
        });
      },
    });
  }
}
