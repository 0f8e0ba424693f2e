import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Queries } from '../database/queries.ts';
import { loggable } from '../rpc/loggable-error.ts';
import { isWatched } from './event-message.ts';
import type { EventPosition } from './event-position.ts';
import { eventsAfter, type Look, presentPosition } from './event-query.ts';
import { type WatchedProject, watchedProjects } from './event-readers.ts';

/** Milliseconds between two looks while somebody watches. */
const LOOK_MS = 40;
/** After a look that failed. */
const AGAIN_MS = 500;

/** What one look found, for every watcher of this process. */
export interface Round extends Look {
  readonly projects: ReadonlyMap<string, WatchedProject>;
}

export interface Watcher {
  /** Null for a service, which sees all. */
  readonly userId: string | null;
  /** Called with each round in turn; must not wait. */
  hear(round: Round): void;
  /** The hub cannot go on: the watcher's stream ends. */
  fail(error: unknown): void;
}

interface Joining {
  readonly watcher: Watcher;
  readonly joined: (position: EventPosition) => void;
}

/**
 * Reads the events once for all watchers of a process, from the moment on at which the first one comes, and stops when
 * the last one leaves. Nothing is kept here that another process would need.
 */
export class EventHub {
  readonly #read: Queries;
  readonly #log: Logger;
  readonly #watchers = new Set<Watcher>();
  #joining: Joining[] = [];
  #running = false;

  constructor(read: Queries, log: Logger) {
    this.#read = read;
    this.#log = log;
  }

  /**
   * Adds a watcher, which hears of everything after the position that this resolves with. That lies after this call:
   * what was visible to whoever called is seen there.
   */
  join(watcher: Watcher): Promise<EventPosition> {
    const { promise, resolve } = Promise.withResolvers<EventPosition>();
    this.#joining.push({ watcher, joined: resolve });
    if (!this.#running) {
      this.#running = true;
      void this.#run();
    }
    return promise;
  }

  leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    this.#joining = this.#joining.filter((one) => one.watcher !== watcher);
  }

  async #run(): Promise<void> {
    let position: EventPosition | undefined;
    while (this.#watchers.size + this.#joining.length > 0) {
      const joining = this.#joining;
      try {
        position = await this.#round(position, joining);
      } catch (error) {
        this.#log.warn({ err: loggable(error) }, 'the events could not be read');
        await pause(AGAIN_MS);
        continue;
      }
      await pause(LOOK_MS);
    }
    this.#running = false;
  }

  /** Looks until nothing new is left, so that those who join stand at a position between two snapshots. */
  async #round(from: EventPosition | undefined, joining: readonly Joining[]): Promise<EventPosition> {
    let position = from ?? (await presentPosition(this.#read));
    if (from !== undefined) {
      let look: Look;
      do {
        look = await eventsAfter(this.#read, position);
        position = look.position;
        if (look.events.length > 0) await this.#tell(look);
      } while (look.isFull);
    }
    for (const { watcher, joined } of joining) {
      // Who has left meanwhile does not come back.
      if (!this.#joining.some((one) => one.watcher === watcher)) continue;
      this.#watchers.add(watcher);
      joined(position);
    }
    this.#joining = this.#joining.filter((one) => !joining.includes(one));
    return position;
  }

  async #tell(look: Look): Promise<void> {
    const projectIds = new Set(
      look.events.flatMap(({ event }) => (isWatched(event.kind) ? [event.project_id] : [])),
    );
    const userIds = new Set(Array.from(this.#watchers, ({ userId }) => userId).filter((id) => id !== null));
    const projects =
      projectIds.size === 0
        ? new Map<string, WatchedProject>()
        : await watchedProjects(this.#read, [...projectIds], [...userIds]);
    for (const watcher of this.#watchers) watcher.hear({ ...look, projects });
  }
}
