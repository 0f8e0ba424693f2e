import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** Where a listener listens. */
export interface Address {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  /** 0 lets the system choose a free one. */
  readonly port: number;
}

/** A bucket of S3, or of a server that speaks its protocol. */
export interface S3Location {
  readonly kind: 's3';
  readonly bucket: string;
  /** What every key begins with: empty, or with a slash at its end. */
  readonly prefix: string;
  /** Undefined: what the SDK finds in its own settings. */
  readonly region: string | undefined;
  /** Undefined: Amazon's own. */
  readonly endpoint: string | undefined;
}

/** Where the bytes of project files are. */
export type FileStoreLocation =
  | {
      readonly kind: 'folder';
      /** Absolute. */
      readonly path: string;
      /** Whether a missing folder is an error; otherwise it is an empty one. */
      readonly mustExist: boolean;
    }
  | S3Location;

/** `host:port` or `[IPv6]:port`. */
export const address = z.string().transform((text, context): Address => {
  const [, ipv6, name, digits = ''] = /^(?:\[([^\]]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = ipv6 ?? name;
  const port = Number(digits);
  if (host === undefined || (ipv6 !== undefined && isIP(ipv6) !== 6) || port > 65_535) {
    context.addIssue('must be host:port with a port from 0 to 65535 and an IPv6 host in brackets');
    return z.NEVER;
  }
  return { host, port };
});

/** Only programs of this machine reach such an address. */
export function isLoopback({ host }: Address): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** A whole number in decimal digits, both bounds included. */
export function wholeNumber(least: number, most: number, unit = '') {
  const error = `must be a whole number from ${least} to ${most}${unit && ` (${unit})`}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, error)
    .transform(Number)
    .pipe(z.number().min(least, error).max(most, error));
}

/** A URL of one of the schemes, e.g. `['http', 'https']`, kept as it was written. */
export function urlOf(...schemes: readonly string[]) {
  const starts = schemes.map((scheme) => `${scheme}://`);
  return z
    .string()
    .refine(
      (text) => URL.canParse(text) && starts.some((start) => text.startsWith(start)),
      `must be a URL that begins with ${starts.join(' or ')}`,
    );
}

/** What stands between commas, without the blanks around it; empty places are left out. */
export function listOf<Item extends z.ZodType<unknown, string>>(item: Item) {
  return z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(item));
}

/** `file:///folder` or `s3://bucket/prefix?region=…&endpoint=…`. */
export const fileStoreUrl = z.string().transform((text, context): FileStoreLocation => {
  const url = URL.parse(text);
  const location = url === null ? undefined : (folderAt(url) ?? bucketAt(url));
  if (location !== undefined) return location;
  context.addIssue(
    'must be file:///folder or s3://bucket/prefix?region=…&endpoint=https://…, without credentials',
  );
  return z.NEVER;
});

function folderAt(url: URL): FileStoreLocation | undefined {
  if (url.protocol !== 'file:' || url.host !== '' || url.search + url.hash !== '') return undefined;
  try {
    return { kind: 'folder', path: fileURLToPath(url), mustExist: true };
  } catch {
    return undefined;
  }
}

function bucketAt({ protocol, host, pathname, searchParams, username, hash }: URL): S3Location | undefined {
  const isBucket = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(host);
  if (protocol !== 's3:' || !isBucket || username + hash !== '') return undefined;
  const { region, endpoint, ...others } = Object.fromEntries(searchParams);
  if (Object.keys(others).length > 0 || region === '') return undefined;
  if (endpoint !== undefined && !/^https?:\/\/[^@]+$/.test(endpoint)) return undefined;
  const prefix = decoded(pathname)?.replace(/^\/+|\/+$/g, '');
  if (prefix === undefined) return undefined;
  return { kind: 's3', bucket: host, prefix: prefix && `${prefix}/`, region, endpoint };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
