import { filePathRefused } from './file-store-failures.ts';

/**
 * Throws a Failure unless `path` names something below the place that files are kept in, whatever kind of store that
 * is: rows are written by other services too.
 */
export function requireInnerPath(path: string): void {
  if (path === '') throw filePathRefused(path, 'is empty');
  if (path.includes('\0')) throw filePathRefused(path, 'holds U+0000');
  if (path.startsWith('/')) throw filePathRefused(path, 'is absolute');
  if (path.split('/').includes('..')) throw filePathRefused(path, 'leaves the place that files are kept in');
}
