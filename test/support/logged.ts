import { type Logger, pino } from 'pino';

/** A log that is kept, entry by entry. */
export interface KeptLog {
  readonly log: Logger;
  readonly entries: readonly Readonly<Record<string, unknown>>[];
  /** The entries with this message. */
  saying(message: string): Readonly<Record<string, unknown>>[];
}

export function keptLog(): KeptLog {
  const entries: Record<string, unknown>[] = [];
  const log = pino(
    { level: 'trace', base: null },
    { write: (line: string) => entries.push(JSON.parse(line)) },
  );
  return { log, entries, saying: (message) => entries.filter(({ msg }) => msg === message) };
}
