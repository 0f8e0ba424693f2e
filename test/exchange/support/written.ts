import type { DocumentHeader, DocumentWorkflow } from '../../../src/exchange/document.ts';
import { writeDocument } from '../../../src/exchange/write-document.ts';

/** The whole text of a document. */
export async function written(
  header: DocumentHeader,
  workflows: readonly DocumentWorkflow[] = [],
): Promise<string> {
  const pieces = await Array.fromAsync(writeDocument(header, each(workflows)));
  return pieces.join('');
}

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}
