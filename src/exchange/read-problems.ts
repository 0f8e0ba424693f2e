import type { Place } from './document.ts';

export type Severity = 'error' | 'warning';

/** Something in a document that is wrong (error) or was not taken as it stands (warning). */
export interface Problem extends Place {
  readonly severity: Severity;
  /** UPPER_SNAKE_CASE. */
  readonly reason: string;
  readonly message: string;
  /** Of one that counts others which are not listed: how many. */
  readonly more?: number;
}

/** The document's own beginning: the place of what is missing from the whole. */
export const DOCUMENT_START: Place = { line: 1, column: 1, path: '' };

/** Reading cannot go on: the text itself is unusable or beyond a limit. */
export class UnreadableDocument extends Error {
  readonly reason: string;
  readonly place: Place;

  constructor(reason: string, place: Place, message: string) {
    super(message);
    this.name = 'UnreadableDocument';
    this.reason = reason;
    this.place = place;
  }
}

/** Collects problems; keeps the first ones of each severity and counts the rest. */
export class ProblemLog {
  readonly #limit: number;
  readonly #counts = { error: 0, warning: 0 };
  #fresh: Problem[] = [];

  /** @param limit how many problems of one severity are kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  error(place: Place, reason: string, message: string): void {
    this.add({ ...place, severity: 'error', reason, message });
  }

  warning(place: Place, reason: string, message: string): void {
    this.add({ ...place, severity: 'warning', reason, message });
  }

  /** Also what another log has found, which counts its own rest. */
  add({ severity, reason, message, line, column, path, more }: Problem): void {
    this.#counts[severity] += more ?? 1;
    if (more !== undefined || this.#counts[severity] > this.#limit) return;
    this.#fresh.push({ severity, reason, message, line, column, path });
  }

  get hasErrors(): boolean {
    return this.#counts.error > 0;
  }

  /** The problems kept since the last call. */
  takeFresh(): readonly Problem[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  /** One problem for each severity of which some were not kept, saying how many. */
  describeRest(): readonly Problem[] {
    return (['error', 'warning'] as const)
      .filter((severity) => this.#counts[severity] > this.#limit)
      .map((severity) => {
        const more = this.#counts[severity] - this.#limit;
        const message = `${more} more ${severity}s are not listed`;
        return { ...DOCUMENT_START, severity, reason: 'MORE_PROBLEMS', message, more };
      });
  }
}

/** Text from a document inside a message: in quotes, on one line, cut short. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
