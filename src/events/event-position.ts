import { createHash } from 'node:crypto';
import { Failure } from '../call/failure.ts';
import { tokenBytes } from '../call/token-bytes.ts';

/**
 * How far the events have been seen. Ids of events and of transactions are given before the commit, so neither says
 * what was there when one looked; a snapshot of PostgreSQL does. Seen is whatever was visible in `seen`; and where a
 * look is not through, of what became visible until `until` everything up to `last`.
 */
export interface EventPosition {
  /** A `pg_snapshot`. */
  readonly seen: string;
  readonly within?: {
    readonly until: string;
    /** Transaction and id of the last event. */
    readonly last: readonly [xid: string, id: string];
  };
}

/** Days that a token stays good; events are kept a day longer. */
export const TOKEN_DAYS = 7;
const DAY_MS = 86_400_000;

const SNAPSHOT = /^\d{1,19}:\d{1,19}:(?:\d{1,19}(?:,\d{1,19})*)?$/;
const NUMBER = /^\d{1,19}$/;

/** @param now when the position was current, in milliseconds */
export function writeToken({ seen, within }: EventPosition, now: number): string {
  const values = within === undefined ? [now, seen] : [now, seen, within.until, ...within.last];
  return Buffer.from([fingerprint(values), ...values].join(' ')).toString('base64url');
}

/**
 * @throws INVALID_ARGUMENT BAD_RESUME_TOKEN for what no answer held; OUT_OF_RANGE RESUME_TOKEN_EXPIRED for what is older
 * than the events that are kept
 */
export function readToken(token: string, now: number): EventPosition {
  const [print, made = '', seen = '', ...rest] = (tokenBytes(token)?.toString() ?? '').split(' ');
  const [until, xid = '', id = ''] = rest;
  const isWhole =
    print === fingerprint([made, seen, ...rest]) &&
    NUMBER.test(made) &&
    isSnapshot(seen) &&
    (rest.length === 0 || (rest.length === 3 && isSnapshot(until) && isNumber(xid) && isNumber(id)));
  if (!isWhole) throw badToken();
  if (Number(made) < now - TOKEN_DAYS * DAY_MS) throw expiredToken();
  return until === undefined ? { seen } : { seen, within: { until, last: [xid, id] } };
}

function isSnapshot(text: string | undefined): text is string {
  if (text === undefined || !SNAPSHOT.test(text)) return false;
  const [min = '', max = '', running = ''] = text.split(':');
  const all = [max, ...running.split(',').filter((xid) => xid !== '')];
  return BigInt(min) > 0n && all.every((xid) => isNumber(xid) && BigInt(xid) >= BigInt(min));
}

/** What `xid8` and `bigint` both hold. */
function isNumber(text: string): boolean {
  return NUMBER.test(text) && BigInt(text) < 2n ** 63n;
}

function fingerprint(values: readonly (string | number)[]): string {
  return createHash('sha256')
    .update(`events ${values.join(' ')}`)
    .digest('base64url')
    .slice(0, 12);
}

function badToken(): Failure {
  const description = 'must be a resume_token of a response; leave it out to begin anew';
  return new Failure('invalid_argument', 'BAD_RESUME_TOKEN', `resume_token: ${description}`, {
    fields: [{ field: 'resume_token', description }],
  });
}

/** Also of a token of another database, or of one that was restored from a copy. */
export function expiredToken(): Failure {
  const message = 'the resume token is older than the events that are kept: begin anew with include_present';
  return new Failure('out_of_range', 'RESUME_TOKEN_EXPIRED', message);
}
