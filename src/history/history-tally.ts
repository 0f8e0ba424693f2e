import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RecordHistoryResponseSchema } from '../gen/lightning/projects/v1/history_service_pb.ts';
import { type HistoryKind, historyKinds } from './history-rows.ts';
import type { Batch, Rejection } from './read-batch.ts';
import type { Written } from './write-history.ts';

/** Rejected records that the answer names. */
const NAMED = 100;

/** What became of one batch. */
export interface BatchOutcome {
  readonly accepted: Batch;
  readonly written: { readonly [Kind in HistoryKind]: Written };
  /** In the order received: kind by kind, each by its place. */
  readonly rejected: readonly Rejection[];
}

class KindCounts {
  inserted = 0n;
  updated = 0n;
  unchanged = 0n;
  rejected = 0n;

  add(accepted: number, { inserted, updated }: Written): void {
    this.inserted += BigInt(inserted.length);
    this.updated += BigInt(updated.length);
    this.unchanged += BigInt(accepted - inserted.length - updated.length);
  }
}

/** Counts what became of the batches of a stream. Its size does not grow with the stream. */
export class HistoryTally {
  readonly #counts = {
    dataclips: new KindCounts(),
    work_orders: new KindCounts(),
    runs: new KindCounts(),
    steps: new KindCounts(),
    run_steps: new KindCounts(),
    log_lines: new KindCounts(),
  } satisfies { readonly [Kind in HistoryKind]: KindCounts };
  readonly #named: { field: string; batch: number; id: string; reason: string; message: string }[] = [];

  add(batch: number, { accepted, written, rejected }: BatchOutcome): void {
    for (const kind of historyKinds) this.#counts[kind].add(accepted[kind].length, written[kind]);
    for (const { kind } of rejected) this.#counts[kind].rejected += 1n;
    for (const { kind, index, id, reason, message } of rejected.slice(0, NAMED - this.#named.length))
      this.#named.push({ field: `${kind}[${index}]`, batch, id, reason, message });
  }

  answer(): MessageInitShape<typeof RecordHistoryResponseSchema> {
    const {
      dataclips,
      work_orders: workOrders,
      runs,
      steps,
      run_steps: runSteps,
      log_lines: logLines,
    } = this.#counts;
    return { dataclips, workOrders, runs, steps, runSteps, logLines, rejectedRecords: this.#named };
  }
}
