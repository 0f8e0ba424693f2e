import { isMap, isSeq } from 'yaml';
import type { DocumentShape } from './read-parts.ts';
import { isNone, type Value, valueUnder } from './read-value.ts';

/** A workflow of a document and its key; a list's workflows have none. */
export interface KeyedWorkflow {
  readonly key: string | undefined;
  readonly value: Value;
}

const PROJECT_KEYS = ['workflows', 'name', 'description', 'collections', 'credentials'];

const CLI_KEYS = ['schema_version', 'cli'];

const SECTIONS = ['jobs', 'triggers', 'edges'];

const STATE_LINKS = ['source_job_id', 'source_trigger_id', 'target_job_id'];

/**
 * Tells which of the five shapes a document has (behaviour, section 6): from its root's keys and, where it has
 * workflows, from the first of them.
 *
 * @returns undefined for none of them
 */
export function shapeOf(
  root: ReadonlyMap<string, Value>,
  first: KeyedWorkflow | undefined,
): DocumentShape | undefined {
  if (root.has('project_credentials')) return 'cli_state';
  if (first !== undefined) return shapeByWorkflow(first);
  if (root.has('steps')) return 'v2_workflow';
  const sections = SECTIONS.flatMap((key) => root.get(key) ?? []);
  if (sections.length > 0) return sections.some(isOfState) ? 'cli_state' : 'v1_workflow';
  if (CLI_KEYS.some((key) => root.has(key))) return 'v2_project';
  return PROJECT_KEYS.some((key) => root.has(key)) ? 'v1_project' : undefined;
}

function shapeByWorkflow({ key, value }: KeyedWorkflow): DocumentShape {
  if (valueUnder(value, 'steps') !== undefined) return 'v2_project';
  const sections = SECTIONS.flatMap((section) => valueUnder(value, section) ?? []);
  const isListed = key === undefined;
  if (sections.some(isOfState) || (isListed && sections.length > 0)) return 'cli_state';
  return isListed ? 'v2_project' : 'v1_project';
}

/** State files keep their sections as lists, or as mappings whose edges link by id. */
function isOfState(section: Value): boolean {
  const { node, source } = section;
  if (isSeq(node)) return !isNone(section);
  const entry = isMap(node) ? source.follow(node.items[0]?.value ?? null) : null;
  return STATE_LINKS.some((link) => valueUnder({ ...section, node: entry }, link) !== undefined);
}
