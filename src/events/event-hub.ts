import { setTimeout as pause } from 'node:timers/promises';
import type { QueryExecutorProvider } from 'kysely';
import type { Logger } from 'pino';
import { Failure } from '../call/failure.ts';
import { answeredInTime } from '../database/answered-in-time.ts';
import type { Queries } from '../database/queries.ts';
import { loggable } from '../rpc/loggable-error.ts';
import { projectsIn } from './event-message.ts';
import type { EventPosition } from './event-position.ts';
import { eventsAfter, type Look, presentPosition } from './event-query.ts';
import { type WatchedProject, watchedProjects } from './event-readers.ts';
import { hearEvents } from './hear-events.ts';

/** Milliseconds between two looks, at the least: what is committed meanwhile is read at once. */
const SPACING_MS = 20;
/** Milliseconds between two looks, at the most: of a commit that nobody told of, and while nothing can be heard. */
const LOOK_MS = { listening: 1000, deaf: 40 };
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
  /** Nothing more comes: the stream ends with this. */
  end(reason: Failure): void;
}

interface Joining {
  readonly watcher: Watcher;
  readonly joined: (position: EventPosition) => void;
}

/**
 * Reads the events once for all watchers of a process, from the moment on at which the first one comes, and stops when
 * the last one leaves. It looks when a commit is heard of, and now and then anyway. Nothing is kept here that another
 * process would need.
 */
export class EventHub {
  readonly #db: QueryExecutorProvider;
  readonly #directUrl: string;
  readonly #log: Logger;
  readonly #watchers = new Set<Watcher>();
  #joining: Joining[] = [];
  #running: Promise<void> | undefined;
  #isClosed = false;
  /** What is asked just now. */
  #asking = new AbortController();
  #position: EventPosition | undefined;
  #isListening = false;
  /** Something is to be looked for, or nobody is left to look for. */
  #isDue = false;
  #wake = () => {};

  /** @param directUrl where commits are listened for, see {@link hearEvents} */
  constructor(db: QueryExecutorProvider, directUrl: string, log: Logger) {
    this.#db = db;
    this.#directUrl = directUrl;
    this.#log = log;
  }

  /**
   * Adds a watcher, which hears of everything after the position that this resolves with. That lies after this call:
   * what was visible to whoever called is seen there.
   */
  join(watcher: Watcher): Promise<EventPosition> {
    if (this.#isClosed) throw shuttingDown();
    const { promise, resolve } = Promise.withResolvers<EventPosition>();
    this.#joining.push({ watcher, joined: resolve });
    this.#running ??= this.#run();
    this.#look();
    return promise;
  }

  leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    this.#joining = this.#joining.filter((one) => one.watcher !== watcher);
    if (!this.#isWatched) this.#look();
  }

  /** Ends all watches, those to come too; resolves when nothing is read any more, and waits for no answer. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#asking.abort(shuttingDown());
    for (const watcher of [...this.#watchers, ...this.#joining.map((one) => one.watcher)]) {
      watcher.end(shuttingDown());
      this.leave(watcher);
    }
    await this.#running;
  }

  /** Up to where every watcher has been told; undefined while nobody watches. */
  get position(): EventPosition | undefined {
    return this.#position;
  }

  get #isWatched(): boolean {
    return this.#watchers.size + this.#joining.length > 0;
  }

  async #run(): Promise<void> {
    while (this.#isWatched) {
      const unwatched = new AbortController();
      const hearing = hearEvents(this.#directUrl, unwatched.signal, {
        heard: () => this.#look(),
        listening: (isListening) => {
          this.#isListening = isListening;
        },
      });
      while (this.#isWatched) await this.#turn();
      this.#position = undefined;
      unwatched.abort();
      await hearing;
    }
    this.#running = undefined;
  }

  async #turn(): Promise<void> {
    this.#isDue = false;
    try {
      // Who joins from now on may have seen more than this round will look at: the next one takes them in.
      await this.#round([...this.#joining]);
      await pause(SPACING_MS);
    } catch (error) {
      if (this.#isClosed) return;
      this.#log.warn({ err: loggable(error) }, 'the events could not be read');
      await pause(AGAIN_MS);
    }
    await this.#due();
  }

  /** Says that it is time to look. */
  #look(): void {
    this.#isDue = true;
    this.#wake();
  }

  async #due(): Promise<void> {
    if (this.#isDue) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#isListening ? LOOK_MS.listening : LOOK_MS.deaf);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }

  /** Looks until nothing new is left, so that those who join stand at a position between two snapshots. */
  async #round(joining: readonly Joining[]): Promise<void> {
    let position = this.#position ?? (await this.#ask(presentPosition));
    for (let isThrough = this.#position === undefined; !isThrough; ) {
      const from = position;
      const look = await this.#ask((read) => eventsAfter(read, from));
      await this.#tell(look);
      position = look.position;
      // Kept at once: what was told is not told again when the next look fails.
      this.#position = position;
      isThrough = !look.isFull;
    }
    this.#position = position;
    for (const { watcher, joined } of joining) {
      // Who has left meanwhile does not come back.
      if (!this.#joining.some((one) => one.watcher === watcher)) continue;
      this.#watchers.add(watcher);
      joined(position);
    }
    this.#joining = this.#joining.filter((one) => !joining.includes(one));
  }

  /** Asks the database something; when nobody needs the answer any more it gives up. */
  async #ask<T>(question: (read: Queries) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw shuttingDown();
    this.#asking = new AbortController();
    return await answeredInTime(this.#db, question, this.#asking);
  }

  /** Wakes only those whom it may concern. */
  async #tell(look: Look): Promise<void> {
    const projectIds = projectsIn(look.events);
    if (projectIds.length === 0) return;
    const userIds = new Set(Array.from(this.#watchers, ({ userId }) => userId).filter((id) => id !== null));
    const projects = await this.#ask((read) => watchedProjects(read, projectIds, [...userIds]));
    const concerned = new Set<string | null>([null]);
    for (const project of projects.values()) for (const id of project.concerned) concerned.add(id);
    for (const watcher of this.#watchers) {
      if (concerned.has(watcher.userId)) watcher.hear({ ...look, projects });
    }
  }
}

function shuttingDown(): Failure {
  return new Failure('unavailable', 'SHUTTING_DOWN', 'this process stops: go on with the last resume_token');
}
