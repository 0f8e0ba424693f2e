import { oneAhead } from '../exchange/one-ahead.ts';
import type { AdoptedTable } from './adopted-table.ts';
import type { Adoption } from './adoption.ts';
import { addNumbers, type Numbers, tellContents } from './tell-contents.ts';
import { keysOf, writeRows } from './write-rows.ts';

/** Adopts what projects hold, a table of it. */
export async function adoptContents(adoption: Adoption, table: AdoptedTable): Promise<void> {
  for await (const rows of oneAhead(adoption.source.chunks(table))) {
    await adoption.change(async (unit) => {
      const written = [await writeRows(unit, table, rows)];
      tellContents(unit, adoption, written);
      return written;
    });
  }
  adoption.progress(table.name);
}

/**
 * Adopts a table of what ran. What came is told once for each project when all of it is there: a chunk may hold rows of
 * as many projects as it has rows.
 */
export async function adoptHistory(adoption: Adoption, table: AdoptedTable): Promise<void> {
  const numbers = new Map<string | null, Numbers>();
  let ofNoProject: string | undefined;
  for await (const rows of oneAhead(adoption.source.chunks(table))) {
    const written = await adoption.change(async (unit) => [await writeRows(unit, table, rows)]);
    addNumbers(numbers, written);
    for (const { answers } of written)
      [ofNoProject] = keysOf(
        { answers: answers.filter((one) => one.project_id === null) },
        'created',
        'updated',
      );
  }
  await adoption.change(async (unit) => {
    for (const [projectId, { created = {}, updated = {} }] of numbers) {
      // Nobody has said yet of which project a step is that stands for others of its kind.
      const itemType = projectId === null ? 'step' : 'project';
      const itemId = projectId ?? ofNoProject ?? '';
      const { [table.name]: inserted = 0 } = created;
      const { [table.name]: changed = 0 } = updated;
      const changes = { [table.name]: { inserted, updated: changed } };
      unit.record({ kind: 'history_recorded', projectId, itemType, itemId, changes });
    }
    return [];
  });
  adoption.progress(table.name);
}
