import type { DocumentEdge, DocumentJob, DocumentTrigger } from './document.ts';
import { type BodyFiles, bodyOf, codeOf } from './read-body.ts';
import { conditionLeftOut, conditionTypeOf, requireExpression } from './read-condition.ts';
import { Fields } from './read-fields.ts';
import { endsOf, type Nodes } from './read-graph.ts';
import { adaptorOf, missingBody } from './read-job.ts';
import { DistinctNames } from './read-names.ts';
import type { WorkflowPart } from './read-parts.ts';
import { quote } from './read-problems.ts';
import { triggerOf } from './read-trigger.ts';
import { placeOf, type Reference, textOf, type Value } from './read-value.ts';
import { CREDENTIAL_KEY_LENGTH, NAME_LENGTH } from './text-lengths.ts';

/**
 * A workflow of format v1: mappings of `jobs`, `triggers` and `edges` (behaviour, section 6).
 *
 * @param key undefined for a workflow that stands alone: its name then serves
 */
export function readV1Workflow(key: string | undefined, fields: Fields, files: BodyFiles): WorkflowPart {
  const name = fields.required('name', NAME_LENGTH);
  const jobs = fields.entries('jobs');
  const triggers = fields.entries('triggers');
  const edges = fields.entries('edges');
  fields.warnOfOthers();

  const nodes = { jobs, triggers };
  const credentialReferences: Reference[] = [];
  return {
    kind: 'workflow',
    value: {
      key: key ?? name,
      name,
      jobs: readJobs(jobs, files, credentialReferences),
      triggers: [...triggers].flatMap(([key, value]) => readTrigger(key, Fields.of(value), nodes) ?? []),
      edges: [...edges].flatMap(([key, value]) => readEdge(key, Fields.of(value), nodes) ?? []),
    },
    place: fields.place,
    credentialReferences,
  };
}

function readJobs(
  jobs: ReadonlyMap<string, Value>,
  files: BodyFiles,
  credentialReferences: Reference[],
): DocumentJob[] {
  const names = new DistinctNames('job');
  return [...jobs].map(([key, value]) => {
    const fields = Fields.of(value);
    const name = fields.required('name', NAME_LENGTH);
    names.add(name, key, fields.place, fields.log);
    const credential = fields.reference('credential', CREDENTIAL_KEY_LENGTH);
    if (credential !== undefined) credentialReferences.push(credential);
    const body = fields.take('body');
    const job = {
      key,
      name,
      adaptor: adaptorOf(fields.text('adaptor', NAME_LENGTH), key, fields),
      credential: credential?.key ?? null,
      body: body === undefined ? missingBody(key, fields) : bodyOf(body, files),
    };
    fields.warnOfOthers();
    return job;
  });
}

function readTrigger(key: string, fields: Fields, nodes: Nodes): DocumentTrigger | undefined {
  const settings = {
    enabled: fields.flag('enabled'),
    webhookReply: fields.take('webhook_reply'),
    webhookResponseConfig: fields.json('webhook_response_config'),
    cronExpression: fields.take('cron_expression'),
    cronCursorJob: fields.reference('cron_cursor_job'),
    kafkaConfiguration: fields.take('kafka_configuration'),
  };
  const trigger = triggerOf(key, fields, settings, nodes);
  fields.warnOfOthers();
  return trigger;
}

function readEdge(key: string, fields: Fields, nodes: Nodes): DocumentEdge | undefined {
  const named = {
    sourceTrigger: fields.reference('source_trigger'),
    sourceJob: fields.reference('source_job'),
    target: fields.reference('target_job'),
  };
  const expression = fields.take('condition_expression');
  const edge = {
    key,
    conditionType: readConditionType(key, fields),
    conditionLabel: fields.text('condition_label', NAME_LENGTH) ?? null,
    conditionExpression: expression === undefined ? null : (codeOf(expression) ?? null),
    enabled: fields.flag('enabled') ?? true,
  };
  requireExpression(edge, fields.place, key, fields.log);
  fields.warnOfOthers();
  const ends = endsOf(key, fields.place, named, nodes, fields.log);
  return ends === undefined ? undefined : { ...edge, ...ends };
}

/** `condition` is what documents of 2023 call `condition_type`. */
function readConditionType(key: string, fields: Fields): DocumentEdge['conditionType'] {
  const value = fields.take('condition_type') ?? fields.take('condition');
  if (value === undefined) return conditionLeftOut(fields.place, key, fields.log);
  const text = textOf(value);
  const type = text === undefined ? undefined : conditionTypeOf(text);
  if (text !== undefined && type === undefined) {
    const message = `${quote(text)} is no condition type of an edge`;
    fields.log.error(placeOf(value), 'UNKNOWN_CONDITION_TYPE', message);
  }
  return type ?? 'always';
}
