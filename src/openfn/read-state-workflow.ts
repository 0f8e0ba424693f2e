import type { ConditionType, TriggerType } from '../exchange/document.ts';
import { CRON_LENGTH, NAME_LENGTH } from '../exchange/text-lengths.ts';
import type { PostedEdge, PostedJob, PostedTrigger, PostedWorkflow } from './posted-state.ts';
import { type Named, readRecord, readRecords } from './read-records.ts';
import { readStateKafka } from './read-state-kafka.ts';
import type { StateFields } from './state-fields.ts';

const TYPES: readonly TriggerType[] = ['webhook', 'cron', 'kafka'];
const REPLIES = ['before_start', 'after_completion', 'custom'] as const;
const CONDITIONS: readonly ConditionType[] = ['always', 'on_job_success', 'on_job_failure', 'js_expression'];

/** What a state shows of every record and nobody sets through it. */
const BOOKKEEPING = ['workflow_id', 'inserted_at', 'updated_at'];

/** A workflow with its graph; edges are told of by the names of their ends. */
export function readStateWorkflow(fields: StateFields): Named<PostedWorkflow> {
  const record = readRecord(fields);
  const name = fields.filled('name', NAME_LENGTH);
  const jobs = readRecords(fields, 'jobs', readJob);
  const triggers = readRecords(fields, 'triggers', readTrigger);
  const names = new Map([
    ...triggers.map(({ id, type }) => [id, type ?? id] as const),
    ...jobs.map(({ id, name }) => [id, name ?? id] as const),
  ]);
  const edges = readRecords(fields, 'edges', (own) => readEdge(own, names));
  const lockVersion = fields.count('lock_version');
  fields.ignore([
    ...['project_id', 'positions', 'concurrency', 'enable_job_logs', 'deleted_at', 'version_history'],
    ...BOOKKEEPING,
  ]);
  return {
    record: { ...record, name, lockVersion, jobs, triggers, edges },
    name: name ?? record.id,
  };
}

function readJob(fields: StateFields): Named<PostedJob> {
  const record = readRecord(fields);
  const name = fields.filled('name', NAME_LENGTH);
  const job = {
    ...record,
    name,
    adaptor: fields.text('adaptor', NAME_LENGTH),
    body: fields.text('body'),
    projectCredentialId: fields.link('project_credential_id'),
    keychainCredentialId: fields.link('keychain_credential_id'),
  };
  fields.ignore(BOOKKEEPING);
  return { record: job, name: name ?? record.id };
}

function readTrigger(fields: StateFields): Named<PostedTrigger> {
  const record = readRecord(fields);
  const type = fields.word('type', TYPES);
  const trigger = {
    ...record,
    type,
    comment: fields.text('comment'),
    enabled: fields.flag('enabled'),
    cronExpression: fields.text('cron_expression', CRON_LENGTH),
    cronCursorJobId: fields.link('cron_cursor_job_id'),
    webhookReply: fields.word('webhook_reply', REPLIES),
    webhookResponseConfig: fields.object('webhook_response_config'),
    kafkaConfiguration: readStateKafka(fields),
  };
  // A path of one's own is not part of a state, as in Lightning 2.14: one that is posted would be lost unseen.
  if (fields.text('custom_path')) fields.errors.add('custom_path', 'cannot be set through this API');
  fields.ignore(BOOKKEEPING);
  return { record: trigger, name: type ?? record.id };
}

function readEdge(fields: StateFields, names: ReadonlyMap<string, string>): Named<PostedEdge> {
  const edge = {
    ...readRecord(fields),
    sourceTriggerId: fields.link('source_trigger_id'),
    sourceJobId: fields.link('source_job_id'),
    targetJobId: fields.link('target_job_id'),
    conditionType: fields.word('condition_type', CONDITIONS),
    conditionExpression: fields.text('condition_expression'),
    conditionLabel: fields.text('condition_label', NAME_LENGTH),
    enabled: fields.flag('enabled'),
  };
  fields.ignore(BOOKKEEPING);
  const [source, target] = [edge.sourceTriggerId ?? edge.sourceJobId, edge.targetJobId].map((id) =>
    typeof id === 'string' ? (names.get(id) ?? id) : '',
  );
  const isNamed = source !== '' || target !== '';
  return { record: edge, name: isNamed ? `${source}->${target}` : edge.id };
}
