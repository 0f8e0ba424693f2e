import { isMap } from 'yaml';
import type { Place } from './document.ts';
import { ProblemLog, quote } from './read-problems.ts';
import {
  countOf,
  entriesOf,
  entryPlaceOf,
  flagOf,
  isNone,
  itemsOf,
  jsonOf,
  type Reference,
  referenceOf,
  textOf,
  type Value,
} from './read-value.ts';

/**
 * The fields of one entry, each taken by the code that knows it; then {@link Fields.warnOfOthers} tells of the rest.
 * Null, `{}` and `[]` are as good as absent.
 */
export class Fields {
  /** Where the entry begins. */
  readonly place: Place;
  readonly log: ProblemLog;
  readonly #values: ReadonlyMap<string, Value>;
  readonly #taken = new Set<string>();

  constructor(values: ReadonlyMap<string, Value>, place: Place, log: ProblemLog) {
    this.#values = values;
    this.place = place;
    this.log = log;
  }

  /** The fields of a mapping. Of anything else that is told once, and not also that each field is missing. */
  static of(value: Value): Fields {
    const isUsable = isMap(value.node) || isNone(value);
    return new Fields(entriesOf(value), entryPlaceOf(value), isUsable ? value.source.log : new ProblemLog(0));
  }

  /** Whether the field is written down, with or without a value. */
  has(key: string): boolean {
    return this.#values.has(key);
  }

  take(key: string): Value | undefined {
    this.#taken.add(key);
    const value = this.#values.get(key);
    return value === undefined || isNone(value) ? undefined : value;
  }

  /** @param most characters */
  text(key: string, most?: number): string | undefined {
    return this.#read(key, (value) => textOf(value, most));
  }

  /** @param most characters */
  reference(key: string, most?: number): Reference | undefined {
    return this.#read(key, (value) => referenceOf(value, most));
  }

  flag(key: string): boolean | undefined {
    return this.#read(key, flagOf);
  }

  count(key: string): number | undefined {
    return this.#read(key, countOf);
  }

  json(key: string): Readonly<Record<string, unknown>> | undefined {
    return this.#read(key, jsonOf);
  }

  entries(key: string): ReadonlyMap<string, Value> {
    return this.#read(key, entriesOf) ?? new Map();
  }

  items(key: string): readonly Value[] {
    return this.#read(key, itemsOf) ?? [];
  }

  /** The fields of a mapping that is a field; none when it is absent. */
  nested(key: string): Fields {
    const value = this.take(key);
    return value === undefined ? new Fields(new Map(), this.place, this.log) : Fields.of(value);
  }

  /** The text of a field that has to hold one; without it there is an error, and the text is empty. */
  required(key: string, most?: number): string {
    const value = this.take(key);
    const text = value === undefined ? '' : textOf(value, most);
    if (text === '') this.log.error(this.place, `MISSING_${key.toUpperCase()}`, `${key} is missing`);
    return text ?? '';
  }

  /** Takes what is known and means nothing here, such as the bookkeeping of another tool. */
  ignore(keys: readonly string[]): void {
    for (const key of keys) this.#taken.add(key);
  }

  /** A warning for every field that nobody took and that holds anything. */
  warnOfOthers(): void {
    for (const [key, value] of this.#values) {
      if (this.#taken.has(key) || isNone(value)) continue;
      this.log.warning(
        entryPlaceOf(value),
        'UNKNOWN_KEY',
        `${quote(key)} is not known here and not imported`,
      );
    }
  }

  #read<T>(key: string, read: (value: Value) => T): T | undefined {
    const value = this.take(key);
    return value === undefined ? undefined : read(value);
  }
}
