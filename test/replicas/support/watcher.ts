import type { ProjectEvent } from '../../../src/gen/lightning/projects/v1/project_event_pb.ts';
import { ProjectsService } from '../../support/service.ts';
import type { Clients } from './clients.ts';

/** Watches everything that it may see, and goes on with its last token wherever a broken watch leaves it. */
export class Watcher {
  readonly events: ProjectEvent[] = [];
  /** Resolves when it has seen its first token: nothing after that may be missing. */
  readonly begun: Promise<void>;
  readonly #ended: Promise<void>;
  #resumeToken = '';
  #leave = () => {};
  #isLeaving = false;

  constructor(clients: Clients) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.begun = promise;
    this.#ended = clients.stream(
      ProjectsService.method.watchProjects,
      () => ({ resumeToken: this.#resumeToken }),
      async (stream) => {
        this.#leave = () => stream.cancel();
        if (this.#isLeaving) stream.cancel();
        try {
          for await (const { event, resumeToken } of stream) {
            if (event !== undefined) this.events.push(event);
            this.#resumeToken = resumeToken;
            resolve();
          }
        } catch (error) {
          if (!this.#isLeaving) throw error;
        }
      },
    );
    // Whoever leaves hears of it.
    this.#ended.catch(() => {});
  }

  /** Throws what the watch failed with. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    this.#leave();
    await this.#ended;
  }
}
