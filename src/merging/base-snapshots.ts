import { type RawBuilder, sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import {
  type StoredWorkflow,
  snapshotAsWorkflow,
  storedWorkflow,
  type WorkflowRows,
} from '../workflows/stored-workflows.ts';
import { workflowBatches } from '../workflows/workflow-batches.ts';
import type { Base } from './bases.ts';
import type { ComparedPair } from './compared-pairs.ts';
import type { Mark } from './lineage.ts';
import { standingOf } from './merge-rules.ts';
import { mergedWorkflow } from './merged-workflow.ts';
import type { Turns } from './turns.ts';
import type { WorkflowHead } from './workflow-pairs.ts';

/**
 * Looks closer at pairs that seem to be in conflict: a version tells that something changed, also where that is nothing
 * a merge would take, such as a trigger that was enabled, or was changed back since. A side whose content is that of
 * its snapshot at the base has not moved; its mark is set to where it is. Where retention has deleted the snapshot, the
 * conflict stands.
 *
 * One statement for how large the snapshots are and one for each batch of them, none without such pairs; relies on the
 * unique index on (workflow_id, lock_version).
 */
export async function withSettledBases(
  db: Queries,
  pairs: readonly ComparedPair[],
  turns: Turns,
): Promise<ComparedPair[]> {
  const bases = new Map<ComparedPair, Base>();
  for await (const batch of workflowBatches(await sizedSuspects(db, pairs), ({ bytes }) => bytes)) {
    const snapshots = await snapshotsAt(
      db,
      batch.flatMap(({ pair }) => marksOf(pair)),
    );
    const settled = (
      head: WorkflowHead | undefined,
      content: StoredWorkflow | undefined,
      mark: Mark,
    ): Mark =>
      head !== undefined && content !== undefined && isAsIn(snapshots.get(head.id), content) ? head : mark;
    for (const { pair } of batch) {
      const { source, target, base, change } = pair;
      if (base === undefined || change === undefined) continue;
      bases.set(pair, {
        source: settled(source, change.source, base.source),
        target: settled(target, change.target, base.target),
      });
      await turns.after(change.source);
    }
  }
  return pairs.map((pair) => ({ ...pair, base: bases.get(pair) ?? pair.base }));
}

interface SizedPair {
  readonly pair: ComparedPair;
  /** Of both its snapshots, as the database packs them. */
  readonly bytes: number;
}

async function sizedSuspects(db: Queries, pairs: readonly ComparedPair[]): Promise<SizedPair[]> {
  const suspects = pairs.filter(isSuspect);
  if (suspects.length === 0) return [];
  const { rows } = await sql<{ id: string; bytes: number }>`
    select s.workflow_id as id, pg_column_size(s.jobs) + pg_column_size(s.edges) as bytes
    from ${markTable(suspects.flatMap(marksOf))} join workflow_snapshots s using (workflow_id, lock_version)`.execute(
    db,
  );
  const bytes = new Map(rows.map((row) => [row.id, row.bytes]));
  return suspects.map((pair) => ({
    pair,
    bytes: marksOf(pair).reduce((sum, { id }) => sum + (bytes.get(id ?? '') ?? 0), 0),
  }));
}

interface SnapshotMark {
  readonly id: string | undefined;
  readonly lockVersion: number | null | undefined;
}

function marksOf({ source, target, base }: ComparedPair): SnapshotMark[] {
  return [
    { id: source?.id, lockVersion: base?.source.lockVersion },
    { id: target?.id, lockVersion: base?.target.lockVersion },
  ];
}

function markTable(marks: readonly SnapshotMark[]): RawBuilder<unknown> {
  return sql`unnest(${marks.map(({ id }) => id)}::uuid[], ${marks.map(({ lockVersion }) => lockVersion)}::integer[])
    as mark (workflow_id, lock_version)`;
}

/** Snapshots do not tell concurrency and logs of jobs: where these differ, somebody may have changed them. */
function isSuspect({ change, ...pair }: ComparedPair): boolean {
  if (pair.base === undefined || change?.target === undefined) return false;
  const { source, target, merged } = change;
  if (source.concurrency !== target.concurrency || source.enableJobLogs !== target.enableJobLogs)
    return false;
  return standingOf(pair, merged.plan.fate !== 'unchanged').conflict;
}

/** Whether a merge of what there is into what there was would change nothing. */
function isAsIn(before: StoredWorkflow | undefined, now: StoredWorkflow): boolean {
  if (before === undefined) return false;
  const { concurrency, enableJobLogs } = now;
  const { plan } = mergedWorkflow(
    now,
    { ...before, concurrency, enableJobLogs },
    {
      origin: (id) => id,
      credentialOf: ({ projectCredentialId, keychainCredentialId }) => ({
        projectCredentialId,
        keychainCredentialId,
      }),
      newId: () => '',
    },
  );
  return plan.fate === 'unchanged';
}

async function snapshotsAt(
  db: Queries,
  marks: readonly SnapshotMark[],
): Promise<ReadonlyMap<string, StoredWorkflow>> {
  const { rows } = await sql<WorkflowRows>`
    select ${snapshotAsWorkflow}
    from ${markTable(marks)} join workflow_snapshots s using (workflow_id, lock_version)`.execute(db);
  return new Map(rows.map((row) => [row.id, storedWorkflow(row)]));
}
