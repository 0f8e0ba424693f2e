import type { Place } from './document.ts';
import { type ProblemLog, quote } from './read-problems.ts';

/** Names among which each may come once, since what was imported is found again by its name. */
export class DistinctNames {
  readonly #kind: string;
  readonly #keys = new Map<string, string>();

  /** @param kind what bears the names, for messages: `job`, `workflow` */
  constructor(kind: string) {
    this.#kind = kind;
  }

  /** Notes a name; an error when another key has it already. Empty names are somebody else's error. */
  add(name: string, key: string, place: Place, log: ProblemLog): void {
    if (name === '') return;
    const other = this.#keys.get(name);
    if (other === undefined) this.#keys.set(name, key);
    else
      log.error(
        place,
        'DUPLICATE_NAME',
        `the ${this.#kind} ${quote(other)} has the name ${quote(name)} already`,
      );
  }
}
