import { type Logger, pino } from 'pino';

/** Bytes of entries that wait for room where the log is written; further ones are lost. */
const WAITING_BYTES = 1024 * 1024;

/**
 * The service's log: a JSON line an entry on standard error, so that standard output is free for people. On a
 * terminal each entry is its level and message alone.
 *
 * Nothing fails for the sake of the log: on a full disk entries wait for the next one that can be written.
 */
export function openLog(level: string): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const plain = { write: (line: string) => process.stderr.write(`${forPeople(line)}\n`) };
  if (process.stderr.isTTY) return pino(options, plain);
  const destination = pino.destination({ fd: 2, sync: true, maxLength: WAITING_BYTES });
  // Whoever logs would get the error, be it a call that has just committed.
  destination.on('error', () => {});
  return pino(options, destination);
}

function forPeople(line: string): string {
  const entry: { level: number; msg?: string; method?: string; code?: string; err?: { stack?: string } } =
    JSON.parse(line);
  const { level, msg = '', method, code, err } = entry;
  const call = method === undefined ? '' : ` ${method} ${code}`;
  const cause = err?.stack === undefined ? '' : `\n${err.stack}`;
  return `${pino.levels.labels[level]}: ${msg}${call}${cause}`;
}
