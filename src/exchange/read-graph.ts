import type { DocumentEdge, Place } from './document.ts';
import { type ProblemLog, quote } from './read-problems.ts';
import type { Reference } from './read-value.ts';

/** The keys of a workflow's jobs and triggers. */
export interface Nodes {
  readonly jobs: { has(key: string): boolean };
  readonly triggers: { has(key: string): boolean };
}

/** The ends of an edge as the document names them. */
export interface NamedEnds {
  readonly sourceTrigger: Reference | undefined;
  readonly sourceJob: Reference | undefined;
  readonly target: Reference | undefined;
}

type Fault = readonly [place: Place, reason: string, message: string];

/**
 * The ends of an edge, when it leads from one trigger or one job of the workflow to one of its jobs. Jobs may form
 * cycles, join, or stand alone; a trigger is never a target.
 *
 * @param place of the edge
 * @returns undefined after an error
 */
export function endsOf(
  key: string,
  place: Place,
  named: NamedEnds,
  nodes: Nodes,
  log: ProblemLog,
): Pick<DocumentEdge, 'sourceTrigger' | 'sourceJob' | 'targetJob'> | undefined {
  const faults = [...sourceFaults(place, named, nodes), ...targetFaults(place, named.target, nodes)];
  for (const [at, reason, message] of faults) log.error(at, reason, `edge ${quote(key)} ${message}`);
  if (faults.length > 0 || named.target === undefined) return undefined;
  return {
    sourceTrigger: named.sourceTrigger?.key ?? null,
    sourceJob: named.sourceJob?.key ?? null,
    targetJob: named.target.key,
  };
}

function* sourceFaults(
  place: Place,
  { sourceTrigger, sourceJob }: NamedEnds,
  nodes: Nodes,
): Generator<Fault> {
  if (sourceTrigger === undefined && sourceJob === undefined) {
    yield [place, 'NO_SOURCE', 'has neither a source_trigger nor a source_job'];
  }
  if (sourceTrigger !== undefined && sourceJob !== undefined) {
    yield [place, 'TWO_SOURCES', 'has both a source_trigger and a source_job'];
  }
  if (sourceTrigger !== undefined && !nodes.triggers.has(sourceTrigger.key)) {
    const message = `comes from ${quote(sourceTrigger.key)}, which is no trigger of this workflow`;
    yield [sourceTrigger.place, 'UNKNOWN_SOURCE', message];
  }
  if (sourceJob !== undefined && !nodes.jobs.has(sourceJob.key)) {
    const message = `comes from ${quote(sourceJob.key)}, which is no job of this workflow`;
    yield [sourceJob.place, 'UNKNOWN_SOURCE', message];
  }
}

function* targetFaults(place: Place, target: Reference | undefined, nodes: Nodes): Generator<Fault> {
  if (target === undefined) {
    yield [place, 'NO_TARGET', 'has no target_job'];
  } else if (!nodes.jobs.has(target.key) && nodes.triggers.has(target.key)) {
    yield [target.place, 'TRIGGER_AS_TARGET', `leads back to the trigger ${quote(target.key)}`];
  } else if (!nodes.jobs.has(target.key)) {
    yield [target.place, 'UNKNOWN_TARGET', `leads to ${quote(target.key)}, which is no job of this workflow`];
  }
}

/** The job whose last output a cron trigger starts from must be one of the workflow; null after an error. */
export function cursorOf(cursor: Reference | undefined, nodes: Nodes, log: ProblemLog): string | null {
  if (cursor === undefined || nodes.jobs.has(cursor.key)) return cursor?.key ?? null;
  log.error(cursor.place, 'UNKNOWN_CURSOR_JOB', `the cursor ${quote(cursor.key)} is no job of this workflow`);
  return null;
}
