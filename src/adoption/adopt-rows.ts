import { oneAhead } from '../database/one-ahead.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { AdoptedTable } from './adopted-table.ts';
import type { Adoption } from './adoption.ts';
import { type Written, writeRows } from './write-rows.ts';

/** Adopts a table by itself, what projects hold or what ran; `tell` records what became of each chunk's rows with them. */
export async function adoptRows(
  adoption: Adoption,
  table: AdoptedTable,
  tell: (unit: UnitOfWork, written: readonly Written[], adoption: Adoption) => void,
): Promise<void> {
  for await (const rows of oneAhead(adoption.source.chunks(table))) {
    await adoption.change(async (unit) => {
      const written = [await writeRows(unit, table, rows)];
      tell(unit, written, adoption);
      return written;
    });
  }
  adoption.progress(table.name);
}
