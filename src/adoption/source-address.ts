import { StartupError } from '../startup-error.ts';

/**
 * What of a connection string anybody may see.
 *
 * @throws StartupError when it is none; it is not repeated, since it may hold a password all the same
 */
export function addressOf(url: string): string {
  if (/^postgres(?:ql)?:\/\//.test(url) && URL.canParse(url)) {
    const { host, pathname } = new URL(url);
    return `${host}${pathname}`;
  }
  throw new StartupError(
    "the connection string of Lightning's database must be like postgresql://user:password@host:5432/database",
  );
}
