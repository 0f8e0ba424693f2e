import { isSeq } from 'yaml';
import { isKafkaHost } from '../workflows/kafka-configuration.ts';
import type { DocumentTrigger, KafkaConfiguration, Place, TriggerType } from './document.ts';
import { isCronExpression } from './read-cron.ts';
import { Fields } from './read-fields.ts';
import { cursorOf, type Nodes } from './read-graph.ts';
import { type ProblemLog, quote } from './read-problems.ts';
import { itemsOf, placeOf, type Reference, textOf, type Value } from './read-value.ts';
import { CRON_LENGTH } from './text-lengths.ts';

const TYPES: readonly TriggerType[] = ['webhook', 'cron', 'kafka'];

const WEBHOOK_REPLIES: readonly string[] = ['before_start', 'after_completion', 'custom'];

/** A trigger's settings as both formats have them, under whichever keys. */
export interface TriggerSettings {
  readonly enabled: boolean | undefined;
  readonly webhookReply: Value | undefined;
  readonly webhookResponseConfig: Readonly<Record<string, unknown>> | undefined;
  readonly cronExpression: Value | undefined;
  readonly cronCursorJob: Reference | undefined;
  readonly kafkaConfiguration: Value | undefined;
}

/**
 * A trigger out of its settings. An unknown type, reply or cron expression is an error. What belongs to another type is
 * left out, but for a reply: older Lightnings gave every trigger one.
 *
 * @returns undefined when the type is no type
 */
export function triggerOf(
  key: string,
  fields: Fields,
  settings: TriggerSettings,
  nodes: Nodes,
): DocumentTrigger | undefined {
  const type = typeOf(key, fields);
  if (type === undefined) return undefined;
  const { enabled, webhookReply, webhookResponseConfig, cronExpression: cron } = settings;
  const { cronCursorJob: cursor, kafkaConfiguration: kafka } = settings;
  const isCron = type === 'cron';
  if (isCron && cron === undefined) {
    const message = `the cron trigger ${quote(key)} has no cron_expression and would never start anything`;
    fields.log.warning(fields.place, 'MISSING_CRON_EXPRESSION', message);
  }
  warnOfOtherTypes(key, type, settings, fields.log);
  return {
    key,
    type,
    webhookReply: webhookReply === undefined ? null : replyOf(webhookReply),
    webhookResponseConfig: webhookResponseConfig ?? null,
    cronExpression: isCron && cron !== undefined ? cronExpressionOf(key, cron) : null,
    cronCursorJob: isCron ? cursorOf(cursor, nodes, fields.log) : null,
    enabled: enabled ?? true,
    kafkaConfiguration: type === 'kafka' && kafka !== undefined ? kafkaConfigurationOf(kafka) : null,
  };
}

function warnOfOtherTypes(
  key: string,
  type: TriggerType,
  { cronExpression, cronCursorJob, kafkaConfiguration }: TriggerSettings,
  log: ProblemLog,
): void {
  const settings: readonly (readonly [owner: TriggerType, place: Place | undefined])[] = [
    ['cron', cronExpression && placeOf(cronExpression)],
    ['cron', cronCursorJob?.place],
    ['kafka', kafkaConfiguration && placeOf(kafkaConfiguration)],
  ];
  for (const [owner, place] of settings) {
    if (place === undefined || owner === type) continue;
    const message = `${quote(key)} is a ${type} trigger: what belongs to ${owner} triggers is not imported`;
    log.warning(place, 'SETTING_OF_OTHER_TYPE', message);
  }
}

function typeOf(key: string, fields: Fields): TriggerType | undefined {
  const value = fields.take('type');
  const written = value === undefined ? undefined : textOf(value);
  const type = TYPES.find((known) => known === written);
  if (type === undefined) {
    const place = value === undefined ? fields.place : placeOf(value);
    const message = `the type of trigger ${quote(key)} must be one of ${TYPES.join(', ')}`;
    fields.log.error(
      place,
      'UNKNOWN_TRIGGER_TYPE',
      written === undefined ? message : `${message}, not ${quote(written)}`,
    );
  }
  return type;
}

function replyOf(value: Value): string | null {
  const reply = textOf(value);
  if (reply === undefined || WEBHOOK_REPLIES.includes(reply)) return reply ?? null;
  const message = `webhook_reply must be one of ${WEBHOOK_REPLIES.join(', ')}, not ${quote(reply)}`;
  value.source.log.error(placeOf(value), 'UNKNOWN_WEBHOOK_REPLY', message);
  return null;
}

function cronExpressionOf(key: string, value: Value): string | null {
  // A long one takes long to parse.
  const expression = textOf(value, CRON_LENGTH);
  if (expression !== undefined && !isCronExpression(expression)) {
    const message = `${quote(expression)} of trigger ${quote(key)} is not a cron expression of five fields`;
    value.source.log.error(placeOf(value), 'BAD_CRON_EXPRESSION', message);
  }
  return expression ?? null;
}

/** User names and passwords are not taken: they are reported as unknown keys. */
function kafkaConfigurationOf(value: Value): KafkaConfiguration {
  const fields = Fields.of(value);
  const configuration = {
    hosts: fields.items('hosts').flatMap(hostOf),
    topics: fields.items('topics').flatMap((topic) => textOf(topic) ?? []),
    initialOffsetResetPolicy: fields.text('initial_offset_reset_policy') ?? null,
    connectTimeout: fields.count('connect_timeout') ?? null,
  };
  fields.warnOfOthers();
  return configuration;
}

/** `host:port`, or a list of the two. */
function hostOf(value: Value): (readonly [host: string, port: string])[] {
  const parts = isSeq(value.node)
    ? itemsOf(value).map((part) => textOf(part))
    : (textOf(value)
        ?.match(/^(.+):([^:]+)$/s)
        ?.slice(1) ?? []);
  const [host = '', port = ''] = parts;
  if (parts.length === 2 && isKafkaHost(host, port)) return [[host, port]];
  value.source.log.error(placeOf(value), 'BAD_KAFKA_HOST', 'a Kafka host must be written host:port');
  return [];
}
