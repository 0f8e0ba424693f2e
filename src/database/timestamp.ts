import { create } from '@bufbuild/protobuf';
import { type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';

/** How PostgreSQL writes a timestamptz in a session that runs in UTC. */
const TEXT = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/;

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

function parse(text: string): { seconds: number; micros: number } {
  const [, day, time, fraction = ''] = TEXT.exec(text) ?? [];
  const milliseconds = Date.parse(`${day}T${time}Z`);
  if (Number.isNaN(milliseconds)) throw new RangeError(`not a timestamp of a session in UTC: ${text}`);
  return { seconds: milliseconds / 1000, micros: Number(fraction.padEnd(6, '0')) };
}
