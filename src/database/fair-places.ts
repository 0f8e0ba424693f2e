import type { Principal } from '../call/principal.ts';
import { Places } from './places.ts';

/** The places of one person, and how many have one of them or wait for one. */
interface OwnPlaces {
  readonly places: Places;
  users: number;
}

/**
 * {@link Places} of which one person takes half at most: whatever one does, the calls of others find one. A service
 * speaks for many, so it may take all.
 */
export class FairPlaces {
  readonly #places: Places;
  readonly #within: Places | undefined;
  readonly #forOne: number;
  readonly #ofPeople = new Map<string, OwnPlaces>();

  /** @param within places that these are among, together with others */
  constructor(count: number, within?: Places) {
    this.#places = new Places(count);
    this.#within = within;
    this.#forOne = Math.ceil(count / 2);
  }

  /**
   * Takes a place, until it is disposed of; that may be done twice.
   *
   * @param principal who takes it
   * @param signal ends the waiting for one, with its reason
   */
  async take(principal: Principal, signal: AbortSignal): Promise<Disposable> {
    using taken = new DisposableStack();
    // Who has as many as one person may have does not wait among the others.
    if (principal.kind === 'user') await this.#takeOwn(principal.userId, signal, taken);
    taken.use(await this.#places.take(signal));
    taken.use(await this.#within?.take(signal));
    return taken.move();
  }

  async #takeOwn(userId: string, signal: AbortSignal, taken: DisposableStack): Promise<void> {
    const own = this.#ofPeople.get(userId) ?? { places: new Places(this.#forOne), users: 0 };
    this.#ofPeople.set(userId, own);
    own.users += 1;
    taken.defer(() => {
      own.users -= 1;
      if (own.users === 0) this.#ofPeople.delete(userId);
    });
    taken.use(await own.places.take(signal));
  }
}
