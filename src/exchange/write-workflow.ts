import { byteOrder } from '../database/byte-order.ts';
import type {
  DocumentEdge,
  DocumentJob,
  DocumentTrigger,
  DocumentWorkflow,
  KafkaConfiguration,
} from './document.ts';
import { requireDistinctKeys } from './write-keys.ts';
import { bodyScalar, entryStart, jsonScalar, quotedScalar, valueScalar } from './yaml-scalar.ts';

const WORKFLOW = '  ';
const SECTION = '    ';
const ENTRY = '      ';
/** Indentation of an entry's fields, and of what is below them: the same in both formats. */
export const FIELD = '        ';
export const SUBFIELD = '          ';
export const ITEM = '            ';

/**
 * One workflow as its entry under `workflows:`; jobs, triggers and edges in the order they come in.
 *
 * @throws {DuplicateKeyError} when two jobs have one key
 */
export function writeWorkflow(workflow: DocumentWorkflow): string {
  requireDistinctKeys(`workflows.${workflow.key}.jobs`, workflow.jobs);
  return (
    `${entryStart(workflow.key, WORKFLOW)}\n` +
    `${SECTION}name: ${valueScalar(workflow.name)}\n` +
    writeSection('jobs', workflow.jobs.map(writeJob)) +
    writeSection('triggers', workflow.triggers.map(writeTrigger)) +
    writeSection('edges', workflow.edges.map(writeEdge))
  );
}

function writeSection(name: string, entries: readonly string[]): string {
  return entries.length === 0 ? `${SECTION}${name}: null\n` : `${SECTION}${name}:\n${entries.join('')}`;
}

function writeJob(job: DocumentJob): string {
  return (
    `${entryStart(job.key, ENTRY)}\n` +
    field('name', valueScalar(job.name)) +
    field('adaptor', quotedScalar(job.adaptor)) +
    field('credential', job.credential === null ? 'null' : valueScalar(job.credential)) +
    field('body', bodyScalar(job.body, FIELD))
  );
}

function writeTrigger(trigger: DocumentTrigger): string {
  return (
    `${entryStart(trigger.key, ENTRY)}\n` +
    field('type', trigger.type) +
    optional('webhook_reply', trigger.webhookReply, valueScalar) +
    writeResponseConfig(trigger.webhookResponseConfig ?? {}) +
    optional('cron_expression', trigger.cronExpression, quotedScalar) +
    optional('cron_cursor_job', trigger.cronCursorJob, valueScalar) +
    field('enabled', String(trigger.enabled)) +
    (trigger.kafkaConfiguration === null ? '' : writeKafka(trigger.kafkaConfiguration))
  );
}

/** The two fields that Lightning knows in its order, then any others by key, since JSON objects have no order. */
export function writeResponseConfig(config: Readonly<Record<string, unknown>>): string {
  const { success_code, error_code, ...others } = config;
  const entries = [
    ['success_code', success_code] as const,
    ['error_code', error_code] as const,
    ...Object.entries(others).toSorted(([a], [b]) => byteOrder(a, b)),
  ].filter(([, value]) => value !== null && value !== undefined);
  if (entries.length === 0) return '';
  const written = entries.map(
    ([key, value]) =>
      `${entryStart(key, SUBFIELD)} ${typeof value === 'string' ? valueScalar(value) : jsonScalar(value)}\n`,
  );
  return `${FIELD}webhook_response_config:\n${written.join('')}`;
}

/** What a Kafka trigger listens to; nothing when that is nothing. */
export function writeKafka(kafka: KafkaConfiguration): string {
  const written =
    writeList(
      'hosts',
      kafka.hosts.map(([host, port]) => `${host}:${port}`),
    ) +
    writeList('topics', kafka.topics) +
    optional('initial_offset_reset_policy', kafka.initialOffsetResetPolicy, valueScalar, SUBFIELD) +
    optional('connect_timeout', kafka.connectTimeout, String, SUBFIELD);
  return written === '' ? '' : `${FIELD}kafka_configuration:\n${written}`;
}

function writeList(name: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return `${SUBFIELD}${name}:\n${items.map((item) => `${ITEM}- ${valueScalar(item)}\n`).join('')}`;
}

function writeEdge(edge: DocumentEdge): string {
  return (
    `${entryStart(edge.key, ENTRY)}\n` +
    optional('source_trigger', edge.sourceTrigger, valueScalar) +
    optional('source_job', edge.sourceJob, valueScalar) +
    field('target_job', valueScalar(edge.targetJob)) +
    field('condition_type', edge.conditionType) +
    optional('condition_label', edge.conditionLabel, valueScalar) +
    optional('condition_expression', edge.conditionExpression, (text) => bodyScalar(text, FIELD)) +
    field('enabled', String(edge.enabled))
  );
}

/** One field of an entry. */
export function field(name: string, scalar: string, indent = FIELD): string {
  return `${indent}${name}: ${scalar}\n`;
}

/** What is not set is left out. */
export function optional<T>(
  name: string,
  value: T | null,
  write: (value: T) => string,
  indent = FIELD,
): string {
  return value === null ? '' : field(name, write(value), indent);
}
