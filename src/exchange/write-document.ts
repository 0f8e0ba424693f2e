import { byteOrder } from '../database/byte-order.ts';
import type { DocumentHeader, DocumentWorkflow } from './document.ts';
import { writeHeader } from './write-header.ts';
import { DuplicateKeyError, type Named } from './write-keys.ts';
import { writeWorkflow } from './write-workflow.ts';

/**
 * A project as YAML, format v1 of Lightning's `export_project/3`, in pieces of at most one workflow each: memory
 * stays at the largest workflow. The same content gives the same bytes.
 *
 * @param workflows sorted by key, bytewise, which is what lets duplicates be found without remembering them all
 * @throws {DuplicateKeyError} where two names give one key; pieces before that may have been taken already
 * @throws {RangeError} when the workflows do not come sorted
 */
export async function* writeDocument(
  header: DocumentHeader,
  workflows: AsyncIterable<DocumentWorkflow>,
): AsyncGenerator<string, void, undefined> {
  yield writeHeader(header);
  let previous: Named | undefined;
  for await (const workflow of workflows) {
    if (previous === undefined) yield 'workflows:\n';
    else requireRisingKeys(previous, workflow);
    yield writeWorkflow(workflow);
    previous = { key: workflow.key, name: workflow.name };
  }
  if (previous === undefined) yield 'workflows: null\n';
}

function requireRisingKeys(previous: Named, next: Named): void {
  const order = byteOrder(previous.key, next.key);
  if (order === 0) throw new DuplicateKeyError('workflows', previous, next);
  if (order > 0) throw new RangeError(`workflow ${next.key} comes after ${previous.key}: sort them by key`);
}
