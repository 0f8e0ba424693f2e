import type { Entry } from './transcript.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/**
 * The entries with all that differs from run to run replaced: ids and hashes by numbers in the order in which they
 * first appear, so that what was equal stays equal; times, etags' ids and page tokens by their kind.
 */
export function normalise(entries: readonly Entry[]): Entry[] {
  const numbered = (kind: string) => {
    const numbers = new Map<string, string>();
    return (found: string) => {
      const known = numbers.get(found) ?? `<${kind} ${numbers.size + 1}>`;
      numbers.set(found, known);
      return known;
    };
  };
  const text = JSON.stringify(entries)
    .replace(UUID, numbered('id'))
    .replace(/\\"[0-9a-f]{8}-(\d+)\\"/g, '<etag $1>')
    .replace(/"(nextPageToken|resumeToken)":"[^"]+"/g, '"$1":"<token>"')
    .replace(/\b[0-9a-f]{12}\b/g, numbered('hash'))
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>');
  return JSON.parse(text);
}
