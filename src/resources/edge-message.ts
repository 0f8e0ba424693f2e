import { create } from '@bufbuild/protobuf';
import { enumNames } from '../call/enum-names.ts';
import { toTimestamp } from '../database/timestamp.ts';
import { type Edge, EdgeConditionType, EdgeSchema } from '../gen/lightning/projects/v1/workflow_pb.ts';

type ConditionTypeName = 'always' | 'on_job_success' | 'on_job_failure' | 'js_expression';

const conditionTypes = enumNames<ConditionTypeName, EdgeConditionType>({
  always: EdgeConditionType.ALWAYS,
  on_job_success: EdgeConditionType.ON_JOB_SUCCESS,
  on_job_failure: EdgeConditionType.ON_JOB_FAILURE,
  js_expression: EdgeConditionType.JS_EXPRESSION,
});

export interface EdgeRow {
  readonly id: string;
  readonly workflow_id: string;
  readonly source_trigger_id: string | null;
  readonly source_job_id: string | null;
  readonly target_job_id: string;
  readonly condition_type: ConditionTypeName;
  readonly condition_expression: string | null;
  readonly condition_label: string | null;
  readonly enabled: boolean;
  readonly inserted_at: string;
  readonly updated_at: string;
}

export function edgeMessage(row: EdgeRow): Edge {
  return create(EdgeSchema, {
    id: row.id,
    workflowId: row.workflow_id,
    sourceTriggerId: row.source_trigger_id ?? undefined,
    sourceJobId: row.source_job_id ?? undefined,
    targetJobId: row.target_job_id,
    conditionType: conditionTypes.value(row.condition_type),
    conditionExpression: row.condition_expression ?? undefined,
    conditionLabel: row.condition_label ?? undefined,
    enabled: row.enabled,
    insertedAt: toTimestamp(row.inserted_at),
    updatedAt: toTimestamp(row.updated_at),
  });
}
