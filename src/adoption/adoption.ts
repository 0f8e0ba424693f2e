import { randomUUID } from 'node:crypto';
import type { MikroORM } from '@mikro-orm/postgresql';
import { runChange } from '../database/change.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { AdoptionTally } from './adoption-tally.ts';
import type { LightningSource } from './lightning-source.ts';
import type { Written } from './write-rows.ts';

/** How long it says nothing at most while it works, in milliseconds. */
const SILENCE_MS = 2000;

/** One run: where it reads, where it writes, and what it did so far. */
export class Adoption {
  readonly source: LightningSource;
  readonly tally = new AdoptionTally();
  readonly #orm: MikroORM;
  readonly #say: (line: string) => void;
  readonly #newProjects = new Set<string>();
  readonly #requestId = randomUUID();
  #saidAt = performance.now();

  constructor(source: LightningSource, orm: MikroORM, say: (line: string) => void) {
    this.source = source;
    this.#orm = orm;
    this.#say = say;
  }

  /**
   * Writes a chunk in a transaction of its own, and counts what became of it once that is certain. What `work` records is
   * written with it; a chunk that records nothing carries out what its project's event told.
   */
  async change(work: (unit: UnitOfWork) => Promise<readonly Written[]>): Promise<readonly Written[]> {
    const author = { actorId: null, service: 'adopt', method: 'adopt', requestId: this.#requestId };
    const written = await runChange(this.#orm, author, new AbortController().signal, (unit) => {
      unit.goOn();
      return work(unit);
    });
    for (const one of written) await this.tally.add(one, this.source);
    const [first] = written;
    if (first !== undefined && performance.now() - this.#saidAt > SILENCE_MS) this.progress(first.table.name);
    return written;
  }

  /** Says how many rows of a table were read so far. */
  progress(table: string): void {
    this.#saidAt = performance.now();
    this.#say(`${table}: ${this.tally.counts(table).read} rows`);
  }

  /** Projects that came with this run: the event of a project tells of all that comes with it. */
  meet(projectIds: readonly string[]): void {
    for (const id of projectIds) this.#newProjects.add(id);
  }

  isNew(projectId: string): boolean {
    return this.#newProjects.has(projectId);
  }
}
