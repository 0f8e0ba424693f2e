import type { UnitOfWork } from '../database/unit-of-work.ts';
import { type Facts, heldProjects, readFacts } from './history-facts.ts';
import { type HistoryKind, historyKinds } from './history-rows.ts';
import { judge, settledKind } from './history-rules.ts';
import type { BatchOutcome } from './history-tally.ts';
import type { Batch } from './read-batch.ts';
import { storableRows } from './storable-rows.ts';
import { type Written, writeHistory } from './write-history.ts';

/**
 * Stores what may be stored of a batch, in at most thirteen statements whatever its size. What happened is told once
 * for each project, in numbers: here and not at the end of the stream, which may never come although the batch stays,
 * and not record by record, of which there are too many to read.
 */
export async function recordBatch(unit: UnitOfWork, batch: Batch): Promise<BatchOutcome> {
  const { db, now } = unit;
  const facts = await readFacts(db, batch);
  const projects = await heldProjects(db, batch, facts);
  const { accepted, rejected } = judge(batch, facts, projects);
  const rows = storableRows(accepted, facts, projects, now);
  const written = {
    dataclips: await writeHistory(db, 'dataclips', rows.dataclips),
    work_orders: await writeHistory(db, 'work_orders', rows.work_orders),
    runs: await writeHistory(db, 'runs', rows.runs),
    steps: await writeHistory(db, 'steps', rows.steps),
    run_steps: await writeHistory(db, 'run_steps', rows.run_steps),
    log_lines: await writeHistory(db, 'log_lines', rows.log_lines),
  };
  tell(unit, written, facts);
  return { accepted, written, rejected };
}

/** How many rows of each kind were written. */
type Numbers = Partial<Record<HistoryKind, { inserted: number; updated: number }>>;

function tell(unit: UnitOfWork, written: { readonly [Kind in HistoryKind]: Written }, facts: Facts): void {
  const told = new Map<string | null, { readonly itemId: string; readonly changes: Numbers }>();
  for (const kind of historyKinds) {
    for (const what of ['inserted', 'updated'] as const) {
      for (const key of written[kind][what]) {
        const projectId = facts[settledKind[kind]].get(key)?.projectId ?? null;
        const { itemId, changes } = told.get(projectId) ?? { itemId: projectId ?? key, changes: {} };
        const numbers = changes[kind] ?? { inserted: 0, updated: 0 };
        numbers[what] += 1;
        changes[kind] = numbers;
        told.set(projectId, { itemId, changes });
      }
    }
  }
  for (const [projectId, { itemId, changes }] of told) {
    // Nobody has said yet of which project a step is that stands for others of its kind.
    const itemType = projectId === null ? 'step' : 'project';
    unit.record({ kind: 'history_recorded', projectId, itemType, itemId, changes });
  }
}
