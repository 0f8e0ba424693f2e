import { isIP } from 'node:net';
import { z } from 'zod';

/** Where a listener listens. */
export interface Address {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  /** 0 lets the system choose a free one. */
  readonly port: number;
}

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
