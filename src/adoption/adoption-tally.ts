import { byteOrder } from '../database/byte-order.ts';
import { noun } from './adopted-table.ts';
import { adoptedTables } from './adopted-tables.ts';
import type { LightningSource } from './lightning-source.ts';
import type { Written } from './write-rows.ts';

/** Rows that are named for each reason. */
const EXAMPLES = 3;

interface Counts {
  read: number;
  created: number;
  updated: number;
  kept: number;
  removed: number;
  left: number;
}

interface Reason {
  count: number;
  readonly examples: string[];
}

/** What an adoption did, table by table, and what it left and why. */
export class AdoptionTally {
  readonly #counts = new Map<string, Counts>();
  readonly #reasons = new Map<string, Map<string, Reason>>();

  /** Adds what became of rows; Lightning is asked why what they refer to is not here. */
  async add({ table, read, answers }: Written, source: LightningSource): Promise<void> {
    const counts = this.#of(table.name);
    counts.read += read;
    for (const { what, lacks, reason, keys, missing } of answers) {
      if (what !== 'cleared') counts[what] += keys.length;
      if (reason !== null) this.#tell(table.name, `left, ${reason}`, keys);
      if (lacks === null) continue;
      const reference = table.references.find(({ column }) => column === lacks);
      const there = await source.present(reference?.table ?? '', [...new Set(missing)]);
      const words = noun(lacks);
      for (const [index, key] of keys.entries()) {
        const fate = there.has(missing[index] ?? '') ? 'was left' : 'does not exist';
        const why = `its ${words} ${fate}`;
        this.#tell(table.name, what === 'cleared' ? `arrived without ${lacks}: ${why}` : `left, ${why}`, [
          key,
        ]);
      }
    }
  }

  /** A table of counts, and below it what was left. */
  *lines(): Generator<string> {
    const columns = ['created', 'updated', 'unchanged', 'kept', 'removed', 'left'] as const;
    yield `${'table'.padEnd(30)}${columns.map((column) => column.padStart(11)).join('')}`;
    for (const { name } of adoptedTables) {
      const counts = this.#of(name);
      const { read, created, updated, kept, left } = counts;
      const shown = { ...counts, unchanged: read - created - updated - kept - left };
      yield `${name.padEnd(30)}${columns.map((column) => String(shown[column]).padStart(11)).join('')}`;
    }
    for (const { name } of adoptedTables) {
      const reasons = [...(this.#reasons.get(name) ?? [])].toSorted(([one], [other]) =>
        byteOrder(one, other),
      );
      for (const [reason, { count, examples }] of reasons) {
        const more = count > examples.length ? ', …' : '';
        yield `${name}: ${count} ${reason} (${examples.join(', ')}${more})`;
      }
    }
  }

  /** What became of a table's rows so far. */
  counts(table: string): Readonly<Counts> {
    return this.#of(table);
  }

  #of(table: string): Counts {
    const known = this.#counts.get(table);
    if (known !== undefined) return known;
    const counts = { read: 0, created: 0, updated: 0, kept: 0, removed: 0, left: 0 };
    this.#counts.set(table, counts);
    return counts;
  }

  #tell(table: string, reason: string, keys: readonly string[]): void {
    if (keys.length === 0) return;
    const reasons = this.#reasons.get(table) ?? new Map<string, Reason>();
    const known = reasons.get(reason) ?? { count: 0, examples: [] };
    known.count += keys.length;
    known.examples.push(...keys.slice(0, EXAMPLES - known.examples.length));
    reasons.set(reason, known);
    this.#reasons.set(table, reasons);
  }
}
