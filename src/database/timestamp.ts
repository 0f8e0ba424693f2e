import { create } from '@bufbuild/protobuf';
import { type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';

/** How PostgreSQL writes a timestamptz in a session that runs in UTC. It knows no year 0. */
const TEXT = /^((?!0000)\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/;

/**
 * The Date of a timestamp as Kysely returns it, e.g. `2026-01-01 10:00:00.123456+00`; what is finer than a
 * millisecond is cut off. Throws a RangeError for anything else, such as `infinity`.
 */
export function toDate(text: string): Date {
  const { seconds, micros } = parse(text);
  return new Date(seconds * 1000 + Math.floor(micros / 1000));
}

/** The protobuf timestamp of a timestamp as Kysely returns it, to the microsecond. Throws like {@link toDate}. */
export function toTimestamp(text: string): Timestamp {
  const { seconds, micros } = parse(text);
  return create(TimestampSchema, { seconds: BigInt(seconds), nanos: micros * 1000 });
}

/** {@link toTimestamp} for a column that may be null. */
export function toOptionalTimestamp(text: string | null): Timestamp | undefined {
  return text === null ? undefined : toTimestamp(text);
}

/** A protobuf timestamp as PostgreSQL reads it, to be stored; what is finer than a microsecond is cut off. */
export function fromTimestamp({ seconds, nanos }: Timestamp): string {
  return written(Number(seconds), Math.floor(nanos / 1000));
}

/**
 * The bound of a filter as PostgreSQL reads it; undefined when there is none. What is finer than a microsecond is
 * rounded up, so that "at this moment or later" and "before it" take the same rows as the moment itself.
 */
export function boundOf(timestamp: Timestamp | undefined): string | undefined {
  if (timestamp === undefined) return undefined;
  const micros = Math.ceil(timestamp.nanos / 1000);
  return written(Number(timestamp.seconds) + Math.floor(micros / 1_000_000), micros % 1_000_000);
}

/** Whether a text is a timestamp as Kysely returns it. */
export function isTimestamp(text: string): boolean {
  const { day, milliseconds } = read(text);
  // The parser takes February 30 for March 1 or 2.
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(day);
}

function written(seconds: number, micros: number): string {
  const [day, time] = new Date(seconds * 1000).toISOString().split(/[T.]/);
  // Node writes the year after 9999, where the last bound may be rounded to, as +010000.
  return `${day?.replace(/^\+0/, '')} ${time}.${String(micros).padStart(6, '0')}+00`;
}

function parse(text: string): { seconds: number; micros: number } {
  const { milliseconds, fraction } = read(text);
  if (Number.isNaN(milliseconds)) throw new RangeError(`not a timestamp of a session in UTC: ${text}`);
  return { seconds: milliseconds / 1000, micros: Number(fraction.padEnd(6, '0')) };
}

/** What a text of this form says, its seconds in milliseconds since 1970: NaN when it is none. */
function read(text: string): { day: string; milliseconds: number; fraction: string } {
  const [, day = '', time, fraction = ''] = TEXT.exec(text) ?? [];
  return { day, milliseconds: Date.parse(`${day}T${time}Z`), fraction };
}
