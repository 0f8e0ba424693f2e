import { byteOrder } from '../database/byte-order.ts';
import type { DocumentHeader, DocumentWorkflow } from './document.ts';
import { requireDistinctKeys, v2CredentialKey } from './write-keys.ts';
import { writeV2Workflow } from './write-v2-workflow.ts';
import { descriptionScalar, valueScalar } from './yaml-scalar.ts';

/**
 * A project as YAML, format v2 (`schema_version` 4.0, what OpenFn's command line and `@openfn/project` read), in pieces
 * of at most one workflow each. The same content gives the same bytes.
 *
 * @param workflows in the order in which they are written
 * @throws {DuplicateKeyError} where two names give one key; pieces before that may have been taken already
 */
export async function* writeV2Document(
  header: DocumentHeader,
  workflows: AsyncIterable<DocumentWorkflow>,
): AsyncGenerator<string, void, undefined> {
  yield writeV2Header(header);
  const credentials = new Map(
    header.credentials.map(({ key, owner, name }) => [key, v2CredentialKey(owner, name)]),
  );
  let isFirst = true;
  for await (const workflow of workflows) {
    if (isFirst) yield 'workflows:\n';
    isFirst = false;
    yield writeV2Workflow(workflow, credentials);
  }
  if (isFirst) yield 'workflows: []\n';
}

function writeV2Header({ name, description, collections, credentials }: DocumentHeader): string {
  requireDistinctKeys('collections', collections);
  requireDistinctKeys('credentials', credentials);
  return (
    `id: ${valueScalar(name)}\n` +
    `name: ${valueScalar(name)}\n` +
    "schema_version: '4.0'\n" +
    `description: ${description === null ? 'null' : descriptionScalar(description, '')}\n` +
    writeSorted('collections', collections, () => '') +
    writeSorted('credentials', credentials, ({ owner }) => `    owner: ${valueScalar(owner)}\n`)
  );
}

function writeSorted<T extends { readonly key: string; readonly name: string }>(
  section: string,
  entries: readonly T[],
  writeRest: (entry: T) => string,
): string {
  if (entries.length === 0) return `${section}: []\n`;
  const written = entries
    .toSorted((a, b) => byteOrder(a.key, b.key))
    .map((entry) => `  - name: ${valueScalar(entry.name)}\n${writeRest(entry)}`);
  return `${section}:\n${written.join('')}`;
}
