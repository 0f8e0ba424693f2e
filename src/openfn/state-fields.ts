import { randomUUID } from 'node:crypto';
import { isUuid, tooLong, unstorable } from '../call/value-rule.ts';
import { contentProblem } from '../history/storable-json.ts';
import type { RecordErrors } from './state-errors.ts';

/**
 * Takes the fields of one record of a posted state. A field that is not there is undefined, which leaves what is
 * stored; what has the wrong type is told to the record's errors and undefined too.
 */
export class StateFields {
  readonly errors: RecordErrors;
  readonly #record: Readonly<Record<string, unknown>>;
  readonly #known = new Set<string>();

  constructor(record: unknown, errors: RecordErrors) {
    this.errors = errors;
    this.#record = isRecord(record) ? record : {};
    if (!isRecord(record)) errors.add('base', 'is invalid');
  }

  /** @param length most characters */
  text(field: string, length?: number): string | null | undefined {
    const value = this.#take(field);
    if (value === null || value === undefined) return value;
    if (typeof value !== 'string') return this.#invalid(field, 'is invalid');
    const problem = unstorable(value);
    if (problem !== undefined) return this.#invalid(field, problem[1]);
    if (length === undefined || tooLong(value, length) === undefined) return value;
    return this.#invalid(field, `should be at most ${length} character(s)`);
  }

  /** The text of a field that must hold one when it is there. */
  filled(field: string, length: number): string | undefined {
    const value = this.text(field, length);
    if (value === undefined || (value !== null && value !== '')) return value;
    return this.#invalid(field, BLANK);
  }

  /** One of some words. */
  word<Word extends string>(field: string, words: readonly Word[]): Word | null | undefined {
    const value = this.text(field);
    if (value === null || value === undefined) return value;
    return words.find((word) => word === value) ?? this.#invalid(field, `must be one of ${words.join(', ')}`);
  }

  flag(field: string): boolean | undefined {
    const value = this.#take(field) ?? undefined;
    return value === undefined || typeof value === 'boolean' ? value : this.#invalid(field, 'is invalid');
  }

  count(field: string): number | undefined {
    const value = this.#take(field) ?? undefined;
    if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value))) return value;
    return this.#invalid(field, 'is invalid');
  }

  link(field: string): string | null | undefined {
    const value = this.text(field);
    if (value === null || value === undefined) return value;
    return isUuid(value) ? value.toLowerCase() : this.#invalid(field, 'is invalid');
  }

  /** The record's own id; when it has none, an error and an id that nobody has, so that the rest can be looked at. */
  id(): string {
    const id = this.link('id');
    if (id === null || (id === undefined && !('id' in this.#record))) this.errors.add('id', BLANK);
    return id ?? randomUUID();
  }

  /** A JSON object. */
  object(field: string): Readonly<Record<string, unknown>> | null | undefined {
    const value = this.#take(field);
    if (value === null || value === undefined) return value;
    if (!isRecord(value)) return this.#invalid(field, 'is invalid');
    const problem = contentProblem(value);
    if (problem !== undefined) return this.#invalid(field, problem);
    // As the database gives it back: without what JSON cannot tell apart, such as -0.
    return JSON.parse(JSON.stringify(value));
  }

  /** The records of a section: a list, or a map of them whose keys mean nothing. */
  records(field: string): readonly unknown[] {
    const value = this.#take(field) ?? [];
    if (Array.isArray(value)) return value;
    if (isRecord(value)) return Object.values(value);
    this.#invalid(field, 'is invalid');
    return [];
  }

  /** Fields that a state shows and nobody sets through it. */
  ignore(fields: readonly string[]): void {
    for (const field of fields) this.#known.add(field);
  }

  /** Refuses what nobody asked for. */
  refuseOthers(): void {
    const others = Object.keys(this.#record).filter((field) => !this.#known.has(field));
    if (others.length > 0) this.errors.add('base', `extraneous parameters: ${others.join(', ')}`);
  }

  #take(field: string): unknown {
    this.#known.add(field);
    return Object.hasOwn(this.#record, field) ? this.#record[field] : undefined;
  }

  #invalid(field: string, message: string): undefined {
    this.errors.add(field, message);
  }
}

export const BLANK = "can't be blank";

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
