import { create } from '@bufbuild/protobuf';
import { type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';

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
  const { seconds } = read(text);
  // The day was only looked at by itself: February 30 comes back as March 1 or 2.
  return !Number.isNaN(seconds) && written(seconds, 0).startsWith(text.slice(0, DAY));
}

function written(seconds: number, micros: number): string {
  const [day, time] = new Date(seconds * 1000).toISOString().split(/[T.]/);
  // Node writes the year after 9999, where the last bound may be rounded to, as +010000.
  return `${day?.replace(/^\+0/, '')} ${time}.${String(micros).padStart(6, '0')}+00`;
}

function parse(text: string): Moment {
  const moment = read(text);
  if (Number.isNaN(moment.seconds)) throw new RangeError(`not a timestamp of a session in UTC: ${text}`);
  return moment;
}

/** Seconds since 1970, and the microseconds above them. */
interface Moment {
  readonly seconds: number;
  readonly micros: number;
}

/** The form of a timestamptz in a session that runs in UTC. A point and up to six digits may follow, then the zone. */
const FORM = '0000-00-00 00:00:00';
const DAY = '0000-00-00'.length;
const ZONE = '+00';

/**
 * What a text of this form says, its seconds NaN when it is none. PostgreSQL knows no year 0. By hand, since nearly every
 * message has two of them: a regular expression and the parser of dates take three times as long.
 */
function read(text: string): Moment {
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, DAY)];
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, FORM.length)];
  const end = text.length - ZONE.length;
  const hasFraction = end > FORM.length + 1 && text[FORM.length] === '.';
  const places = hasFraction ? end - FORM.length - 1 : 0;
  const micros = digits(text, end - places, end) * 10 ** (6 - places);

  const isOfForm =
    (hasFraction ? places <= 6 : end === FORM.length) &&
    text[4] === '-' &&
    text[7] === '-' &&
    text[10] === ' ' &&
    text[13] === ':' &&
    text[16] === ':' &&
    text.endsWith(ZONE);
  // NaN is never within.
  const isMoment =
    within(year, 1, 9999) &&
    within(month, 1, 12) &&
    within(day, 1, 31) &&
    within(hour, 0, 23) &&
    within(minute, 0, 59) &&
    within(second, 0, 59) &&
    within(micros, 0, 999_999);
  if (!isOfForm || !isMoment) return { seconds: Number.NaN, micros };
  return { seconds: ((daysSince1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second, micros };
}

function within(number: number, first: number, last: number): boolean {
  return number >= first && number <= last;
}

/** The number that these characters are; NaN when one of them is no digit. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let place = from; place < to; place += 1) {
    const digit = text.charCodeAt(place) - 48;
    number = digit >= 0 && digit <= 9 ? number * 10 + digit : Number.NaN;
  }
  return number;
}

/** Of the Gregorian calendar, whose years here begin in March, so that a leap day is the last of its year. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + dayOfYear - 719_468;
}
