import type { DocumentEdge, DocumentJob, DocumentTrigger, DocumentWorkflow } from './document.ts';
import { isNamedCondition } from './read-v2-edges.ts';
import { FILE_NAME } from './read-v2-workflow.ts';
import { DuplicateKeyError, requireDistinctKeys, triggerKeys } from './write-keys.ts';
import { FIELD, field, ITEM, optional, SUBFIELD, writeKafka, writeResponseConfig } from './write-workflow.ts';
import { bodyScalar, entryStart, quotedScalar, valueScalar } from './yaml-scalar.ts';

const WORKFLOW = '  ';
const SECTION = '    ';
const STEP = '      ';

/**
 * One workflow as its entry of the list `workflows`: triggers and jobs as `steps`, edges as the `next` of the step
 * that they lead out of.
 *
 * @param credentials how jobs name a credential, by its key
 * @throws {DuplicateKeyError} when two jobs have one key, or two edges the same ends
 */
export function writeV2Workflow(
  { key, name, jobs, triggers, edges }: DocumentWorkflow,
  credentials: ReadonlyMap<string, string>,
): string {
  requireDistinctKeys(`workflows.${key}.jobs`, jobs);
  const ids = stepIds(triggers, jobs);
  const ofTriggers = Map.groupBy(edges, ({ sourceTrigger }) => sourceTrigger);
  const ofJobs = Map.groupBy(edges, ({ sourceJob }) => sourceJob);
  const steps = [
    ...triggers.map((trigger) => writeTrigger(trigger, ids, ofTriggers.get(trigger.key) ?? [])),
    ...jobs.map((job) => writeJob(job, credentials, ofJobs.get(job.key) ?? [])),
  ];
  return (
    `${WORKFLOW}- id: ${valueScalar(key)}\n` +
    `${SECTION}name: ${valueScalar(name)}\n` +
    optional('start', triggers[0] === undefined ? null : idOf(triggers[0], ids), valueScalar, SECTION) +
    (steps.length === 0 ? `${SECTION}steps: []\n` : `${SECTION}steps:\n${steps.join('')}`)
  );
}

/** Ids of triggers by key: steps share one name space, and a job may be called like a trigger. */
function stepIds(
  triggers: readonly DocumentTrigger[],
  jobs: readonly DocumentJob[],
): ReadonlyMap<string, string> {
  const ids = triggerKeys(
    triggers.map(({ type }) => type),
    jobs.map(({ key }) => key),
  );
  return new Map(triggers.map(({ key, type }, index) => [key, ids[index] ?? type]));
}

function idOf({ key, type }: DocumentTrigger, ids: ReadonlyMap<string, string>): string {
  return ids.get(key) ?? type;
}

function writeTrigger(
  trigger: DocumentTrigger,
  ids: ReadonlyMap<string, string>,
  edges: readonly DocumentEdge[],
): string {
  const id = valueScalar(idOf(trigger, ids));
  return (
    `${STEP}- id: ${id}\n` +
    field('name', id) +
    field('enabled', String(trigger.enabled)) +
    field('type', trigger.type) +
    optional('webhook_reply', trigger.webhookReply, valueScalar) +
    writeResponseConfig(trigger.webhookResponseConfig ?? {}) +
    optional('cron_expression', trigger.cronExpression, quotedScalar) +
    optional('cron_cursor', trigger.cronCursorJob, valueScalar) +
    (trigger.kafkaConfiguration === null ? '' : writeKafka(trigger.kafkaConfiguration)) +
    writeNext(edges)
  );
}

function writeJob(
  { key, name, adaptor, body, credential }: DocumentJob,
  credentials: ReadonlyMap<string, string>,
  edges: readonly DocumentEdge[],
): string {
  const configuration = credential === null ? null : (credentials.get(credential) ?? null);
  return (
    `${STEP}- id: ${valueScalar(key)}\n` +
    field('name', valueScalar(name)) +
    field('adaptor', quotedScalar(adaptor)) +
    writeExpression(body) +
    optional('configuration', configuration, valueScalar) +
    writeNext(edges)
  );
}

/** Code in quotes that looks like the name of a file would be taken for that. */
function writeExpression(body: string): string {
  const scalar = bodyScalar(body, FIELD);
  if (!scalar.startsWith('"') || !FILE_NAME.test(body)) return field('expression', scalar);
  return `${FIELD}expression:\n${field('content', scalar, SUBFIELD)}`;
}

function writeNext(edges: readonly DocumentEdge[]): string {
  if (edges.length === 0) return '';
  const byTarget = new Map<string, DocumentEdge>();
  for (const edge of edges) {
    const { targetJob, sourceTrigger, sourceJob } = edge;
    const twin = byTarget.get(targetJob);
    const [first, second] = [twin, edge].map((one) => ({ key: targetJob, name: one?.key ?? '' }));
    if (twin !== undefined && first !== undefined && second !== undefined)
      throw new DuplicateKeyError(`steps.${sourceTrigger ?? sourceJob}.next`, first, second);
    byTarget.set(targetJob, edge);
  }
  return `${FIELD}next:\n${edges.map(writeEdge).join('')}`;
}

/** An expression that looks like a condition's name is written beside the type that it is an expression for. */
function writeEdge(edge: DocumentEdge): string {
  const { conditionType, conditionExpression } = edge;
  const isCode =
    conditionType === 'js_expression' &&
    conditionExpression !== null &&
    !isNamedCondition(conditionExpression);
  return (
    `${entryStart(edge.targetJob, SUBFIELD)}\n` +
    (isCode
      ? field('condition', bodyScalar(conditionExpression, ITEM), ITEM)
      : field('condition', conditionType, ITEM) +
        optional('expression', conditionExpression, (text) => bodyScalar(text, ITEM), ITEM)) +
    optional('label', edge.conditionLabel, valueScalar, ITEM) +
    (edge.enabled ? '' : field('disabled', 'true', ITEM))
  );
}
