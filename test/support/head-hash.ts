import { createHash } from 'node:crypto';
import { byteOrder } from '../../src/database/byte-order.ts';

/**
 * The head of a project, 12 lower-case hex digits, as Lightning's `compute_project_head_hash/1` computes it from
 * the latest version of each workflow: what the service has the database compute. Without any version it is the digest of
 * an empty list.
 *
 * @param versions pairs of workflow id and version hash, in any order, one a workflow
 */
export function headHash(versions: Iterable<readonly [workflowId: string, hash: string]>): string {
  const pairs = [...versions].toSorted(([a], [b]) => byteOrder(a, b));
  return createHash('sha256').update(JSON.stringify(pairs)).digest('hex').slice(0, 12);
}
