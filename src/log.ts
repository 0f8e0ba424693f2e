import { type Logger, pino } from 'pino';

/**
 * The service's log: a JSON line an entry on standard error, so that standard output is free for people. On a
 * terminal each entry is its level and message alone.
 */
export function openLog(level: string): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const plain = { write: (line: string) => process.stderr.write(`${forPeople(line)}\n`) };
  return process.stderr.isTTY ? pino(options, plain) : pino(options, pino.destination({ fd: 2, sync: true }));
}

function forPeople(line: string): string {
  const entry: { level: number; msg?: string; method?: string; code?: string; err?: { stack?: string } } =
    JSON.parse(line);
  const { level, msg = '', method, code, err } = entry;
  const call = method === undefined ? '' : ` ${method} ${code}`;
  const cause = err?.stack === undefined ? '' : `\n${err.stack}`;
  return `${pino.levels.labels[level]}: ${msg}${call}${cause}`;
}
