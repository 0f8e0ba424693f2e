import type { Facts, HistoryProject, Place, PlaceKind } from './history-facts.ts';
import type { HistoryKind, HistoryRows } from './history-rows.ts';
import { type Batch, type Given, Problem, type Rejection } from './read-batch.ts';

/** The records of a batch that may be stored. */
export interface Judged {
  readonly accepted: Batch;
  readonly rejected: readonly Rejection[];
}

/**
 * Which records of a batch may be stored, one after the other in the order of storing, so that a record may refer to
 * what comes before it in the batch. `facts` grow by what is accepted.
 */
export function judge(batch: Batch, facts: Facts, projects: ReadonlyMap<string, HistoryProject>): Judged {
  const rejected: Rejection[] = [];
  const accept = <Kind extends HistoryKind>(kind: Kind): Given<HistoryRows[Kind]>[] =>
    batch[kind].filter(({ index, id, row }) => {
      const place = placeOf[kind](row, facts);
      const verdict = place instanceof Problem ? place : placed(kind, id, place, facts, projects);
      if (verdict instanceof Problem) {
        rejected.push({ kind, index, id, reason: verdict.reason, message: verdict.message });
        return false;
      }
      facts[settledKind[kind]].set(id, verdict);
      return true;
    });
  const accepted: Batch = {
    dataclips: accept('dataclips'),
    work_orders: accept('work_orders'),
    runs: accept('runs'),
    steps: accept('steps'),
    run_steps: accept('run_steps'),
    log_lines: accept('log_lines'),
  };
  return { accepted, rejected };
}

/** Of what an accepted record says where it belongs: a run step says it of its step. */
export const settledKind = {
  dataclips: 'dataclips',
  work_orders: 'work_orders',
  runs: 'runs',
  steps: 'steps',
  run_steps: 'steps',
  log_lines: 'log_lines',
} as const satisfies { readonly [Kind in HistoryKind]: PlaceKind };

/** Where a record belongs, if what it refers to is there and of one project. */
const placeOf: { readonly [Kind in HistoryKind]: (row: HistoryRows[Kind], facts: Facts) => Place | Problem } =
  {
    dataclips: ({ project_id: projectId }) => ({ projectId, workflowId: null, parentId: projectId }),

    work_orders(row, facts) {
      const workflow = facts.workflows.get(row.workflow_id);
      if (workflow === undefined) return missing('workflow', row.workflow_id);
      return (
        strayOfWorkflow(row.snapshot_id, row.trigger_id, null, workflow, facts) ??
        strayDataclip(row.dataclip_id, workflow.projectId, facts) ?? {
          ...workflow,
          parentId: row.workflow_id,
        }
      );
    },

    runs(row, facts) {
      const workOrder = facts.work_orders.get(row.work_order_id);
      if (workOrder === undefined) return missing('work_order', row.work_order_id);
      const { snapshot_id: snapshotId, starting_trigger_id: triggerId, starting_job_id: jobId } = row;
      return (
        strayOfWorkflow(snapshotId, triggerId, jobId, workOrder, facts) ??
        strayDataclip(row.dataclip_id, workOrder.projectId, facts) ?? {
          ...workOrder,
          parentId: row.work_order_id,
        }
      );
    },

    steps(row, facts) {
      const job = facts.jobs.get(row.job_id);
      const snapshot = row.snapshot_id === null ? undefined : facts.snapshots.get(row.snapshot_id);
      if (
        row.snapshot_id !== null &&
        (snapshot === undefined || (job && job.workflowId !== snapshot.workflowId))
      )
        return missing('snapshot', row.snapshot_id);
      // The job may be gone and the snapshot unknown: then whatever else is known tells the project.
      const dataclips = [row.input_dataclip_id, row.output_dataclip_id].filter((id) => id !== null);
      const known = [
        job,
        snapshot,
        facts.steps.get(row.id),
        ...dataclips.map((id) => facts.dataclips.get(id)),
      ];
      const projectId = known.find((place) => place?.projectId != null)?.projectId ?? null;
      for (const id of dataclips) {
        const stray = strayDataclip(id, projectId, facts);
        if (stray !== undefined) return stray;
      }
      return { projectId, workflowId: null, parentId: row.job_id };
    },

    run_steps(row, facts) {
      const run = facts.runs.get(row.run_id);
      if (run === undefined) return missing('run', row.run_id);
      const step = facts.steps.get(row.step_id);
      if (step === undefined || !isOf(step, run.projectId)) return missing('step', row.step_id);
      return { ...step, projectId: run.projectId };
    },

    log_lines(row, facts) {
      const run = facts.runs.get(row.run_id);
      if (run === undefined) return missing('run', row.run_id);
      const step = row.step_id === null ? undefined : facts.steps.get(row.step_id);
      if (row.step_id !== null && (step === undefined || !isOf(step, run.projectId)))
        return missing('step', row.step_id);
      return { ...run, parentId: row.run_id };
    },
  };

/** A snapshot that is not of the workflow; a job or a trigger that is there and of another one. */
function strayOfWorkflow(
  snapshotId: string | null,
  triggerId: string | null,
  jobId: string | null,
  { workflowId }: Place,
  facts: Facts,
): Problem | undefined {
  if (snapshotId !== null && facts.snapshots.get(snapshotId)?.workflowId !== workflowId)
    return missing('snapshot', snapshotId);
  const trigger = triggerId === null ? undefined : facts.triggers.get(triggerId);
  if (triggerId !== null && trigger !== undefined && trigger.workflowId !== workflowId)
    return missing('trigger', triggerId);
  const job = jobId === null ? undefined : facts.jobs.get(jobId);
  if (jobId !== null && job !== undefined && job.workflowId !== workflowId) return missing('job', jobId);
  return undefined;
}

function strayDataclip(id: string | null, projectId: string | null, facts: Facts): Problem | undefined {
  return id === null || facts.dataclips.get(id)?.projectId === projectId
    ? undefined
    : missing('dataclip', id);
}

function isOf(place: Place, projectId: string | null): boolean {
  return place.projectId === null || place.projectId === projectId;
}

/** The place of a record, unless its project takes no history or its id is another record's. */
function placed(
  kind: HistoryKind,
  id: string,
  place: Place,
  facts: Facts,
  projects: ReadonlyMap<string, HistoryProject>,
): Place | Problem {
  const { projectId } = place;
  if (projectId !== null) {
    const project = projects.get(projectId);
    if (project === undefined) return missing('project', projectId);
    if (project.isPendingDeletion)
      return new Problem('PROJECT_PENDING_DELETION', `project ${projectId} is scheduled for deletion`);
  }
  const known = facts[settledKind[kind]].get(id);
  if (known === undefined || (known.parentId === place.parentId && isOf(known, projectId))) return place;
  return new Problem('ID_TAKEN', `${id} is the id of another record`);
}

function missing(what: string, id: string): Problem {
  const reason = `${what.toUpperCase()}_NOT_FOUND`;
  return new Problem(reason, `${what.replace('_', ' ')} ${id} is not there, or not of the same project`);
}
