import type { Queries } from '../database/queries.ts';
import { codeBytesOf } from '../workflows/code-bytes.ts';
import type { WorkflowPair } from './workflow-pairs.ts';

/**
 * How many bytes of code both sides of each pair hold, which is known without reading any. One statement, and none where
 * it came with the pairs.
 */
export async function contentBytes(
  db: Queries,
  pairs: readonly WorkflowPair[],
): Promise<(pair: WorkflowPair) => number> {
  const heads = pairs.flatMap(({ source, target }) => [source, target].flatMap((head) => head ?? []));
  const unknown = heads.flatMap(({ id, codeBytes }) => (codeBytes === undefined ? id : []));
  const bytes = new Map((await codeBytesOf(db, unknown)).map((row) => [row.id, row.bytes]));
  const of = (head: WorkflowPair['source']) => head?.codeBytes ?? bytes.get(head?.id ?? '') ?? 0;
  return ({ source, target }) => of(source) + of(target);
}
