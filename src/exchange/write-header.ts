import { byteOrder } from '../database/byte-order.ts';
import type { DocumentHeader } from './document.ts';
import { type Named, requireDistinctKeys } from './write-keys.ts';
import { descriptionScalar, entryStart, valueScalar } from './yaml-scalar.ts';

/**
 * What comes before a document's workflows: name, description, and the collections and credentials by key.
 *
 * @throws {DuplicateKeyError} when two collections or two credentials have one key
 */
export function writeHeader(header: DocumentHeader): string {
  const description = header.description === null ? 'null' : descriptionScalar(header.description, '');
  return (
    `name: ${valueScalar(header.name)}\n` +
    `description: ${description}\n` +
    writeSorted('collections', header.collections, () => '') +
    writeSorted('credentials', header.credentials, ({ owner }) => `    owner: ${valueScalar(owner)}\n`)
  );
}

function writeSorted<T extends Named>(
  section: string,
  entries: readonly T[],
  writeRest: (entry: T) => string,
): string {
  if (entries.length === 0) return `${section}: null\n`;
  requireDistinctKeys(section, entries);
  const written = entries
    .toSorted((a, b) => byteOrder(a.key, b.key))
    .map(
      (entry) => `${entryStart(entry.key, '  ')}\n    name: ${valueScalar(entry.name)}\n${writeRest(entry)}`,
    );
  return `${section}:\n${written.join('')}`;
}
