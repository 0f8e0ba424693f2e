import { create, type JsonObject, type MessageInitShape } from '@bufbuild/protobuf';
import { enumNames } from '../call/enum-names.ts';
import { toTimestamp } from '../database/timestamp.ts';
import {
  type KafkaConfigurationSchema,
  type Trigger,
  TriggerSchema,
  TriggerType,
  WebhookReply,
} from '../gen/lightning/projects/v1/workflow_pb.ts';

export type TriggerTypeName = 'webhook' | 'cron' | 'kafka';

/** Lightning's names of the types of triggers; UNSPECIFIED has none. */
export const triggerTypes = enumNames<TriggerTypeName, TriggerType>({
  webhook: TriggerType.WEBHOOK,
  cron: TriggerType.CRON,
  kafka: TriggerType.KAFKA,
});

const webhookReplies = new Map<string | null, WebhookReply>([
  ['before_start', WebhookReply.BEFORE_START],
  ['after_completion', WebhookReply.AFTER_COMPLETION],
  ['custom', WebhookReply.CUSTOM],
]);

export interface TriggerRow {
  readonly id: string;
  readonly workflow_id: string;
  readonly type: TriggerTypeName;
  readonly enabled: boolean;
  readonly comment: string | null;
  readonly custom_path: string | null;
  readonly cron_expression: string | null;
  readonly cron_cursor_job_id: string | null;
  readonly webhook_reply: string | null;
  readonly webhook_response_config: JsonObject | null;
  readonly kafka_configuration: JsonObject | null;
  readonly inserted_at: string;
  readonly updated_at: string;
}

export function triggerMessage(row: TriggerRow): Trigger {
  return create(TriggerSchema, {
    id: row.id,
    workflowId: row.workflow_id,
    type: triggerTypes.value(row.type),
    enabled: row.enabled,
    comment: row.comment ?? undefined,
    customPath: row.custom_path ?? undefined,
    cronExpression: row.cron_expression ?? undefined,
    cronCursorJobId: row.cron_cursor_job_id ?? undefined,
    webhookReply: webhookReplies.get(row.webhook_reply) ?? WebhookReply.UNSPECIFIED,
    webhookResponseConfig: row.webhook_response_config ?? undefined,
    kafkaConfiguration: row.kafka_configuration === null ? undefined : kafkaMessage(row.kafka_configuration),
    insertedAt: toTimestamp(row.inserted_at),
    updatedAt: toTimestamp(row.updated_at),
  });
}

/** Names what it shows: whatever else Lightning keeps there, such as a password, stays. */
function kafkaMessage(stored: JsonObject): MessageInitShape<typeof KafkaConfigurationSchema> {
  const { hosts, topics, connect_timeout: timeout } = stored;
  return {
    hosts: list(hosts).map((host) => list(host).map(String).join(':')),
    topics: list(topics).map(String),
    initialOffsetResetPolicy: text(stored.initial_offset_reset_policy),
    connectTimeout: isInt32(timeout) ? timeout : undefined,
    groupId: text(stored.group_id),
    ssl: stored.ssl === true,
    sasl: text(stored.sasl),
  };
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isInt32(value: unknown): value is number {
  return typeof value === 'number' && (value | 0) === value;
}
