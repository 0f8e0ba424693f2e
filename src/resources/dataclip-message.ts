import { create } from '@bufbuild/protobuf';
import { enumNames } from '../call/enum-names.ts';
import { toOptionalTimestamp, toTimestamp } from '../database/timestamp.ts';
import {
  type DataclipSummary,
  DataclipSummarySchema,
  DataclipType,
} from '../gen/lightning/projects/v1/run_history_pb.ts';

export type DataclipTypeName = 'http_request' | 'global' | 'step_result' | 'saved_input' | 'kafka';

/** Lightning's names of the types of dataclips; UNSPECIFIED has none. */
export const dataclipTypes = enumNames<DataclipTypeName, DataclipType>({
  http_request: DataclipType.HTTP_REQUEST,
  global: DataclipType.GLOBAL,
  step_result: DataclipType.STEP_RESULT,
  saved_input: DataclipType.SAVED_INPUT,
  kafka: DataclipType.KAFKA,
});

/** A dataclip's row without what it holds. */
export interface DataclipRow {
  readonly id: string;
  readonly project_id: string;
  readonly name: string | null;
  readonly type: DataclipTypeName;
  readonly wiped_at: string | null;
  readonly inserted_at: string;
  readonly updated_at: string;
}

export function dataclipMessage(row: DataclipRow): DataclipSummary {
  return create(DataclipSummarySchema, {
    id: row.id,
    projectId: row.project_id,
    name: row.name ?? undefined,
    type: dataclipTypes.value(row.type),
    wipedAt: toOptionalTimestamp(row.wiped_at),
    insertedAt: toTimestamp(row.inserted_at),
    updatedAt: toTimestamp(row.updated_at),
  });
}
