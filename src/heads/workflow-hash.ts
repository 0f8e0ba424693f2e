import { createHash } from 'node:crypto';
import { byteOrder } from '../database/byte-order.ts';

/** A workflow's content as its version hash sees it; what is not set is null. */
export interface WorkflowState {
  readonly name: string;
  /** Node id → its place on the canvas. */
  readonly positions: Readonly<Record<string, unknown>> | null;
  readonly triggers: readonly TriggerState[];
  readonly jobs: readonly JobState[];
  readonly edges: readonly EdgeState[];
}

export interface TriggerState {
  readonly id: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly cronExpression: string | null;
  readonly cronCursorJobId: string | null;
  readonly webhookReply: string | null;
  readonly webhookResponseConfig: Readonly<Record<string, unknown>> | null;
}

export interface JobState {
  readonly id: string;
  readonly name: string;
  readonly adaptor: string;
  readonly body: string;
  readonly projectCredentialId: string | null;
  readonly keychainCredentialId: string | null;
}

export interface EdgeState {
  readonly id: string;
  /** Exactly one of the two sources is set. */
  readonly sourceTriggerId: string | null;
  readonly sourceJobId: string | null;
  readonly targetJobId: string;
  readonly conditionType: string | null;
  readonly conditionExpression: string | null;
  readonly conditionLabel: string | null;
  readonly enabled: boolean;
}

type HashedValue = string | boolean | Readonly<Record<string, unknown>> | null;

/**
 * The version hash of a workflow, 12 lower-case hex digits, as Lightning's `WorkflowVersions.generate_hash/1`
 * computes it: the values alone, in a fixed order, without keys or separators.
 *
 * The order of the lists in `workflow` does not matter; entries that sort alike are taken by id. Sorting is by
 * bytes, as in Lightning; OpenFn's command line sorts by locale, so its hash differs where capitals decide.
 *
 * @throws {RangeError} when an edge names a trigger or job that the workflow lacks
 */
export function workflowHash(workflow: WorkflowState): string {
  const text = hashedValues(workflow).map(serialize).join('');
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Within each entry the values follow their columns' names in alphabetical order. */
function hashedValues({ name, positions, triggers, jobs, edges }: WorkflowState): HashedValue[] {
  const nodeNames = new Map<string, string>();
  for (const trigger of triggers) nodeNames.set(trigger.id, trigger.type);
  for (const job of jobs) nodeNames.set(job.id, job.name);
  const namedEdges = edges.map((edge) => ({ ...edge, name: edgeName(edge, nodeNames) }));
  return [
    name,
    positions,
    ...sortedBy(triggers, ({ type }) => type).flatMap((trigger) => [
      trigger.cronCursorJobId,
      trigger.cronExpression,
      trigger.enabled,
      trigger.type,
      trigger.webhookReply,
      trigger.webhookResponseConfig,
    ]),
    ...sortedBy(jobs, (job) => job.name.toLowerCase()).flatMap((job) => [
      job.adaptor,
      job.body,
      job.keychainCredentialId,
      job.name,
      job.projectCredentialId,
    ]),
    ...sortedBy(namedEdges, (edge) => edge.name).flatMap((edge) => [
      edge.conditionExpression,
      edge.conditionLabel,
      edge.conditionType,
      edge.enabled,
      edge.name,
    ]),
  ];
}

function edgeName(edge: EdgeState, nodeNames: ReadonlyMap<string, string>): string {
  const [source, target] = [edge.sourceTriggerId ?? edge.sourceJobId, edge.targetJobId].map((id) => {
    const name = id === null ? undefined : nodeNames.get(id);
    if (name === undefined) throw new RangeError(`edge ${edge.id} names ${id}, which its workflow lacks`);
    return name;
  });
  return `${source}-${target}`;
}

function sortedBy<T extends { readonly id: string }>(entries: readonly T[], key: (entry: T) => string): T[] {
  return entries
    .map((entry) => ({ entry, key: key(entry) }))
    .toSorted((a, b) => byteOrder(a.key, b.key) || byteOrder(a.entry.id, b.entry.id))
    .map(({ entry }) => entry);
}

function serialize(value: HashedValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? canonicalJson(value) : String(value);
}

/** Keys sorted and numbers rounded up, so that a float from a canvas hashes as Elixir's integer does. */
function canonicalJson(value: unknown): string {
  if (typeof value === 'number') return JSON.stringify(Math.ceil(value));
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => byteOrder(a, b));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`;
}
