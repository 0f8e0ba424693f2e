import { takeTurn } from '../database/take-turn.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { FileStore } from '../files/file-store.ts';
import { NoLongerWanted, type Step } from '../operations/long-work.ts';
import {
  deleteExpiredDataclips,
  deleteExpiredSteps,
  deleteExpiredWorkOrders,
  deleteUnneededSnapshots,
  type Key,
} from './delete-expired.ts';
import { deleteExpiredFiles } from './delete-files.ts';
import { type DeletedRows, tellDeleted, totalOf } from './deleted-rows.ts';
import { inPasses } from './in-passes.ts';
import { type Cutoffs, cutoffsOf } from './retention-periods.ts';
import { wipeDataclips } from './wipe-dataclips.ts';

/**
 * Deletes what a project's retention periods no longer keep, in an order in which each step frees what the next ones
 * delete. At most `chunk` rows of a table a batch, each of which is told in numbers. A project without the period has
 * nothing to do; the periods may change meanwhile.
 */
export function retentionSteps(projectId: string, files: FileStore, chunk: number): readonly Step[] {
  const step = (
    period: keyof Cutoffs,
    work: (unit: UnitOfWork, cutoff: string) => Promise<DeletedRows>,
  ): Step => {
    return async (unit) => {
      await takeTurn(unit.db, projectId);
      const cutoffs = await cutoffsOf(unit.db, projectId, unit.now);
      if (cutoffs === undefined) throw new NoLongerWanted();
      const cutoff = cutoffs[period];
      if (cutoff === null) return 0;
      const deleted = await work(unit, cutoff);
      tellDeleted(unit, projectId, deleted);
      return totalOf(deleted);
    };
  };
  const stepRows = inPasses<Key>();
  const snapshotRows = inPasses<Key>();
  const dataclipRows = inPasses<Key>();
  const rest = [projectId, chunk] as const;
  return [
    step('history', ({ db }, cutoff) => deleteExpiredWorkOrders(db, cutoff, ...rest)),
    step('history', async ({ db }, cutoff) => ({
      steps: await stepRows((after) => deleteExpiredSteps(db, cutoff, after, ...rest)),
    })),
    step('history', async ({ db }) => ({
      workflow_snapshots: await snapshotRows((after) => deleteUnneededSnapshots(db, after, ...rest)),
    })),
    step('history', async ({ db }, cutoff) => ({
      dataclips: await dataclipRows((after) => deleteExpiredDataclips(db, cutoff, after, ...rest)),
    })),
    step('dataclips', async (unit, cutoff) => ({
      wiped_dataclips: await wipeDataclips(unit, cutoff, ...rest),
    })),
    step('history', async ({ db }, cutoff) => ({
      project_files: await deleteExpiredFiles(db, files, cutoff, ...rest),
    })),
  ];
}
