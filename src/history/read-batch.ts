import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { invalidArgument } from '../call/failure.ts';
import { violationsOf } from '../call/violations.ts';
import {
  DataclipRecordSchema,
  LogLineSchema,
  type RecordHistoryRequest,
} from '../gen/lightning/projects/v1/history_service_pb.ts';
import {
  RunSchema,
  RunStepSchema,
  StepSchema,
  WorkOrderSchema,
} from '../gen/lightning/projects/v1/run_history_pb.ts';
import {
  dataclipRow,
  type HistoryKind,
  type HistoryRows,
  logLineRow,
  runRow,
  runStepRow,
  stepRow,
  workOrderRow,
} from './history-rows.ts';
import { jsonProblem } from './storable-json.ts';

/** A record with its place among those of its kind in the batch. */
export interface Given<Row> {
  readonly index: number;
  /** Of a run step the step's. */
  readonly id: string;
  readonly row: Row;
}

export type Batch = { readonly [Kind in HistoryKind]: readonly Given<HistoryRows[Kind]>[] };

/** A record that cannot be stored, and why. */
export interface Rejection extends Pick<Given<unknown>, 'index' | 'id'> {
  readonly kind: HistoryKind;
  readonly reason: string;
  readonly message: string;
}

/** Why one record cannot be stored: a reason in UPPER_SNAKE_CASE, and words for people. */
export class Problem {
  readonly reason: string;
  readonly message: string;

  constructor(reason: string, message: string) {
    this.reason = reason;
    this.message = message;
  }
}

/** The records of a batch that keep the rules of their fields, and the others. No database. */
export function readBatch(request: RecordHistoryRequest): {
  readonly batch: Batch;
  readonly rejected: Rejection[];
} {
  const rejected: Rejection[] = [];
  const read = <Schema extends DescMessage, Row>(
    kind: HistoryKind,
    schema: Schema,
    records: readonly MessageShape<Schema>[],
    idOf: (record: MessageShape<Schema>) => string,
    toRow: (record: MessageShape<Schema>) => Row | Problem,
  ): Given<Row>[] => {
    const given: Given<Row>[] = [];
    for (const [index, record] of records.entries()) {
      const violations = violationsOf(schema, record);
      const row = violations.length > 0 ? invalidArgument(violations) : toRow(record);
      const id = idOf(record).toLowerCase();
      if (row instanceof Problem || row instanceof Error) {
        // What is no id may be long.
        rejected.push({ kind, index, id: id.slice(0, 36), reason: row.reason, message: row.message });
      } else given.push({ index, id, row });
    }
    return given;
  };
  const own = ({ id }: { readonly id: string }) => id;
  const batch = {
    dataclips: read('dataclips', DataclipRecordSchema, request.dataclips, own, storableDataclip),
    work_orders: read('work_orders', WorkOrderSchema, request.workOrders, own, workOrderRow),
    runs: read('runs', RunSchema, request.runs, own, runRow),
    steps: read('steps', StepSchema, request.steps, own, stepRow),
    run_steps: read('run_steps', RunStepSchema, request.runSteps, ({ stepId }) => stepId, runStepRow),
    log_lines: read('log_lines', LogLineSchema, request.logLines, own, logLineRow),
  };
  return { batch, rejected };
}

function storableDataclip(record: MessageShape<typeof DataclipRecordSchema>) {
  for (const field of ['body', 'request'] as const) {
    const text = record[field];
    const problem = text === undefined ? undefined : jsonProblem(text);
    if (problem !== undefined) return new Problem('BAD_JSON', `${field}: ${problem}`);
  }
  return dataclipRow(record);
}
