import { setTimeout as pause } from 'node:timers/promises';
import type { MikroORM } from '@mikro-orm/postgresql';
import { type QueryExecutorProvider, sql } from 'kysely';

/** The channel on which the readers of the events are told that some were committed. */
export const EVENTS_CHANNEL = 'lightning_projects_events';

/** Milliseconds from one notification of a process to its next: commits in between share one. */
const SPACING_MS = 5;

/**
 * Tells the readers of the events, in whatever process, that some were committed; called after the commit. It may fail
 * or come to nothing: readers look by themselves too.
 *
 * A notification within the transaction of the change would make all commits of the database wait for each other:
 * PostgreSQL gives them a common lock until each has reached the disk. This one writes nothing and holds it for a moment.
 */
export function wakeReaders(orm: MikroORM): void {
  const bell = bells.get(orm) ?? new Bell(orm.em.getKysely());
  bells.set(orm, bell);
  bell.ring();
}

const bells = new WeakMap<MikroORM, Bell>();

class Bell {
  readonly #db: QueryExecutorProvider;
  #isRinging = false;
  #isWanted = false;

  constructor(db: QueryExecutorProvider) {
    this.#db = db;
  }

  ring(): void {
    this.#isWanted = true;
    if (!this.#isRinging) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRinging = true;
    while (this.#isWanted) {
      this.#isWanted = false;
      await sql`select pg_notify(${EVENTS_CHANNEL}, '')`.execute(this.#db).catch(() => {});
      await pause(SPACING_MS, undefined, { ref: false });
    }
    this.#isRinging = false;
  }
}
