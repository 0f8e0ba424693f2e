import { createHash } from 'node:crypto';
import { isTimestamp } from '../database/timestamp.ts';
import { invalidArgument } from './failure.ts';
import { tokenBytes } from './token-bytes.ts';
import { isUuid, unstorable } from './value-rule.ts';

/** Rows of a page when the request names no size. */
export const DEFAULT_PAGE_SIZE = 50;
/** Larger sizes are taken as this one (AIP-158). */
export const MAX_PAGE_SIZE = 1000;

/** What a list's request says of paging. */
export interface PageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

/** The values of the last row's sort columns, in their order. */
export type PageKey = readonly (string | number | null)[];

/** What a sort column holds. */
type KeyKind = 'text' | 'uuid' | 'moment' | 'moment or null' | 'integer';

const INT4 = 2 ** 31;

const isOfKind: Readonly<Record<KeyKind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string' && unstorable(value) === undefined,
  uuid: (value) => typeof value === 'string' && isUuid(value),
  moment: (value) => typeof value === 'string' && isTimestamp(value),
  'moment or null': (value) => value === null || isOfKind.moment(value),
  integer: (value) => Number.isInteger(value) && Math.abs(Number(value)) < INT4,
};

/** The number of rows to answer with. A negative one is an INVALID_ARGUMENT. */
export function pageSize(request: PageRequest): number {
  if (request.pageSize < 0) {
    throw invalidArgument([{ field: 'page_size', description: 'must not be negative' }]);
  }
  return request.pageSize === 0 ? DEFAULT_PAGE_SIZE : Math.min(request.pageSize, MAX_PAGE_SIZE);
}

/**
 * The key after which a page begins; undefined for the first page.
 *
 * `list` names the list and everything its order and filters depend on: a token of another list, or of the same one
 * with other filters, is refused (AIP-158) instead of skipping or repeating rows. `kinds` are those of the key: the
 * fingerprint is no secret, and whoever makes a token up gets no further than with a request.
 */
export function readPageToken(
  request: PageRequest,
  list: readonly unknown[],
  kinds: readonly KeyKind[],
): PageKey | undefined {
  if (request.pageToken === '') return undefined;
  const key = decode(request.pageToken, list, kinds);
  if (key === undefined) {
    throw invalidArgument([
      {
        field: 'page_token',
        description:
          'must be the next_page_token of a response to the same request; leave it out to start over',
      },
    ]);
  }
  return key;
}

/** The token that continues after `key`. */
export function writePageToken(key: PageKey, list: readonly unknown[]): string {
  return Buffer.from(JSON.stringify([fingerprint(list, key), ...key])).toString('base64url');
}

/**
 * Splits rows that were read with one more than the page's size into the page and its next token.
 */
export function page<Row>(
  rows: readonly Row[],
  size: number,
  list: readonly unknown[],
  key: (row: Row) => PageKey,
): { rows: readonly Row[]; nextPageToken: string } {
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  const nextPageToken = rows.length > size && last !== undefined ? writePageToken(key(last), list) : '';
  return { rows: shown, nextPageToken };
}

function decode(token: string, list: readonly unknown[], kinds: readonly KeyKind[]): PageKey | undefined {
  try {
    const parsed: unknown = JSON.parse(tokenBytes(token)?.toString() ?? '');
    if (!Array.isArray(parsed)) return undefined;
    const key: unknown[] = parsed.slice(1);
    return isKey(key, kinds) && parsed[0] === fingerprint(list, key) ? key : undefined;
  } catch {
    return undefined;
  }
}

function isKey(values: unknown[], kinds: readonly KeyKind[]): values is (string | number | null)[] {
  return values.length === kinds.length && kinds.every((kind, index) => isOfKind[kind](values[index]));
}

/** Also of the key: a token that was cut or changed on its way is refused. */
function fingerprint(list: readonly unknown[], key: PageKey): string {
  return createHash('sha256')
    .update(JSON.stringify([list, key]))
    .digest('base64url')
    .slice(0, 10);
}
