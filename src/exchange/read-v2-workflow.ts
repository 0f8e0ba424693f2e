import { isScalar } from 'yaml';
import { tooLong } from '../call/value-rule.ts';
import type { DocumentJob, DocumentTrigger } from './document.ts';
import { type BodyFiles, bodyOf, fileBody } from './read-body.ts';
import { Fields } from './read-fields.ts';
import type { Nodes } from './read-graph.ts';
import { adaptorOf, missingBody } from './read-job.ts';
import { DistinctNames } from './read-names.ts';
import type { WorkflowPart } from './read-parts.ts';
import { quote } from './read-problems.ts';
import { checkSchemaVersion } from './read-schema-version.ts';
import { triggerOf } from './read-trigger.ts';
import { readNext } from './read-v2-edges.ts';
import { placeOf, type Reference, reportDuplicateKey, textOf, type Value } from './read-value.ts';
import { CREDENTIAL_KEY_LENGTH, NAME_LENGTH } from './text-lengths.ts';

/** Bookkeeping of OpenFn's CLI: ids, hashes and dates of the place that a document came from. */
const BOOKKEEPING = ['id', 'openfn', 'history'];

/** What the CLI's own workflow files hold in place of a body: the name of a file beside them. */
export const FILE_NAME = /^\S+\.js$/;

interface Step {
  readonly key: string;
  readonly fields: Fields;
  /** Its `openfn` block: bookkeeping, and in the drafts a trigger's settings. */
  readonly own: Fields;
  readonly isTrigger: boolean;
}

/**
 * A workflow of format v2: a list of `steps`, those with a `type` being triggers, whose `next` are the edges
 * (behaviour, section 6). Its drafts are read too: `adaptors`, settings under `openfn`, `next` as a single key.
 *
 * @param key undefined for a workflow that has none: its `id`, else its name, then serves
 */
export function readV2Workflow(key: string | undefined, fields: Fields, files: BodyFiles): WorkflowPart {
  const id = key ?? fields.text('id');
  const name = nameOf(fields, id);
  checkSchemaVersion(fields);
  const steps = readSteps(fields.items('steps'));
  checkStart(fields, steps);
  fields.ignore(BOOKKEEPING);
  fields.warnOfOthers();

  const jobs = steps.filter(({ isTrigger }) => !isTrigger);
  const triggers = steps.filter(({ isTrigger }) => isTrigger);
  const nodes = {
    jobs: new Set(jobs.map(({ key }) => key)),
    triggers: new Set(triggers.map(({ key }) => key)),
  };
  const jobKeysByUuid = new Map(jobs.map(({ key, own }) => [own.text('uuid'), key]));
  const credentialReferences: Reference[] = [];
  const workflow = {
    key: id ?? name,
    name,
    jobs: readJobs(jobs, files, credentialReferences),
    triggers: triggers.flatMap((step) => readTrigger(step, nodes, jobKeysByUuid) ?? []),
    edges: steps.flatMap((step) => readNext(step, step.fields.take('next'), nodes)),
  };
  for (const step of steps) step.fields.warnOfOthers();
  return { kind: 'workflow', value: workflow, place: fields.place, credentialReferences };
}

/** What an entry is called, or the key that it has: an empty name is an error, and so is no name without a key. */
function nameOf(fields: Fields, key: string | undefined): string {
  if (!key || fields.take('name') !== undefined) return fields.required('name', NAME_LENGTH);
  const message = tooLong(key, NAME_LENGTH);
  if (message !== undefined)
    fields.log.error(fields.place, 'TOO_LONG', `its key, which is its name, ${message}`);
  return key;
}

function readSteps(items: readonly Value[]): Step[] {
  const keys = new Set<string>();
  return items.flatMap((item) => {
    const fields = Fields.of(item);
    const key = fields.text('id') || fields.text('name') || fields.required('id');
    if (keys.has(key)) {
      reportDuplicateKey(key, item);
      return [];
    }
    keys.add(key);
    return { key, fields, own: fields.nested('openfn'), isTrigger: fields.take('type') !== undefined };
  });
}

/** Where OpenFn's command line starts unless it is told: any step. A project starts at each of its triggers, and keeps none. */
function checkStart(fields: Fields, steps: readonly Step[]): void {
  const start = fields.reference('start');
  if (start === undefined || steps.some(({ key }) => key === start.key)) return;
  const message = `start is ${quote(start.key)}, which is no step of this workflow`;
  fields.log.warning(start.place, 'UNKNOWN_START', message);
}

function readJobs(
  steps: readonly Step[],
  files: BodyFiles,
  credentialReferences: Reference[],
): DocumentJob[] {
  const names = new DistinctNames('job');
  return steps.map(({ key, fields }) => {
    // Without a key the step has neither, which is told already.
    const name = key === '' ? '' : nameOf(fields, key);
    names.add(name, key, fields.place, fields.log);
    const credential = fields.reference('configuration', CREDENTIAL_KEY_LENGTH);
    if (credential !== undefined) credentialReferences.push(credential);
    const expression = fields.take('expression');
    return {
      key,
      name,
      adaptor: adaptorOf(fields.text('adaptor', NAME_LENGTH) || readAdaptors(key, fields), key, fields),
      credential: credential?.key ?? null,
      body: expression === undefined ? missingBody(key, fields) : readExpression(expression, files),
    };
  });
}

/** The drafts' list of adaptors, which never held more than one. */
function readAdaptors(key: string, fields: Fields): string | undefined {
  const [adaptor, another] = fields.items('adaptors');
  if (another !== undefined) {
    fields.log.error(placeOf(another), 'TWO_ADAPTORS', `job ${quote(key)} can have only one adaptor`);
  }
  return adaptor === undefined ? undefined : textOf(adaptor, NAME_LENGTH);
}

function readExpression(value: Value, files: BodyFiles): string {
  const text = isScalar(value.node) ? textOf(value) : undefined;
  return text !== undefined && FILE_NAME.test(text) ? fileBody(text, value, files) : bodyOf(value, files);
}

function readTrigger(
  { key, fields, own }: Step,
  nodes: Nodes,
  jobKeysByUuid: ReadonlyMap<string | undefined, string>,
): DocumentTrigger | undefined {
  fields.ignore(['name']);
  const cursor =
    fields.reference('cron_cursor') ?? fields.reference('cron_cursor_job_id') ?? own.reference('cron_cursor');
  const settings = {
    enabled: fields.flag('enabled'),
    webhookReply: fields.take('webhook_reply') ?? own.take('webhook_reply'),
    webhookResponseConfig: fields.json('webhook_response_config'),
    cronExpression: fields.take('cron_expression') ?? own.take('cron'),
    cronCursorJob: cursor && { ...cursor, key: jobKeysByUuid.get(cursor.key) ?? cursor.key },
    kafkaConfiguration: fields.take('kafka_configuration') ?? own.take('kafka'),
  };
  return triggerOf(key, fields, settings, nodes);
}
