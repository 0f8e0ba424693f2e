import type { Queries } from '../database/queries.ts';
import { type StoredWorkflow, storedWorkflows } from '../workflows/stored-workflows.ts';
import { withSettledBases } from './base-snapshots.ts';
import { contentBytes } from './content-bytes.ts';
import { lineageOf, originOf } from './lineage.ts';
import { isUntouched } from './merge-rules.ts';
import { type MergedWorkflow, type MergeOptions, mergedWorkflow } from './merged-workflow.ts';
import { Turns } from './turns.ts';
import type { WorkflowPair } from './workflow-pairs.ts';

/** Pairs whose graphs are read together, and the bytes of their code after which a batch is full. */
const BATCH_PAIRS = 50;
const BATCH_BYTES = 1024 * 1024;

/** A pair whose content was looked at as far as it had to be. */
export interface ComparedPair extends WorkflowPair {
  /** What a merge would make of the target's workflow, where that is not clear without reading. */
  readonly change: Change | undefined;
}

export interface Change {
  readonly source: StoredWorkflow;
  /** Undefined: the target does not have it. */
  readonly target: StoredWorkflow | undefined;
  readonly merged: MergedWorkflow;
}

/** Whether the target would be another one after a merge of the pair. */
export function differs({ change }: ComparedPair): boolean {
  return change !== undefined && change.merged.plan.fate !== 'unchanged';
}

/**
 * Looks at the content of pairs, in batches: five statements each and some more for conflicts, none where nothing was
 * touched. Memory holds a batch. Comparing large workflows, and what is done with them, leaves others their turn.
 *
 * @param options how credentials are mapped and new rows named
 * @param readCreated whether what the source alone has is read too
 */
export async function* comparedPairs(
  db: Queries,
  pairs: readonly WorkflowPair[],
  options: Omit<MergeOptions, 'origin'>,
  readCreated: boolean,
): AsyncGenerator<ComparedPair> {
  const isRead = (pair: WorkflowPair) =>
    pair.source !== undefined && (pair.target === undefined ? readCreated : !isUntouched(pair));
  const bytesOf = await contentBytes(db, pairs.filter(isRead));
  const turns = new Turns();
  for (let start = 0; start < pairs.length; ) {
    const batch: WorkflowPair[] = [];
    let [unread, bytes] = [BATCH_PAIRS, BATCH_BYTES];
    for (; unread > 0 && bytes > 0 && start < pairs.length; start += 1) {
      const pair = pairs[start];
      if (pair === undefined) break;
      batch.push(pair);
      if (!isRead(pair)) continue;
      unread -= 1;
      bytes -= bytesOf(pair);
    }
    const read = batch.filter(isRead);
    const ids = read.flatMap(({ source, target }) => [source, target].flatMap((head) => head?.id ?? []));
    const workflows = await storedWorkflows(db, ids);
    const nodes = [...workflows.values()].flatMap(({ jobs, triggers }) => [...jobs, ...triggers]);
    const origin = originOf(
      await lineageOf(
        db,
        nodes.map(({ id }) => id),
      ),
    );
    const compared: ComparedPair[] = [];
    for (const pair of batch) {
      const source = isRead(pair) ? workflows.get(pair.source?.id ?? '') : undefined;
      const target = workflows.get(pair.target?.id ?? '');
      const merged = source && mergedWorkflow(source, target, { ...options, origin });
      compared.push({ ...pair, change: source && merged && { source, target, merged } });
      if (source !== undefined) await turns.after(source);
    }
    for (const pair of await withSettledBases(db, compared, turns)) {
      yield pair;
      if (pair.change !== undefined) await turns.after(pair.change.source);
    }
  }
}
