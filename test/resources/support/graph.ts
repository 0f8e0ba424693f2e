import { randomUUID } from 'node:crypto';
import { aProject } from '../../support/projects.ts';
import { rows } from '../../support/rows.ts';
import type { TestService } from '../../support/service.ts';

/** A row of one of the tables below, as lists sort it. */
export interface GraphRow {
  readonly id: string;
  readonly workflowId: string;
  readonly name: string;
}

/** A project with three workflows, the last one deleted, and what they hold. */
export interface Graph {
  readonly projectId: string;
  readonly workflowIds: readonly string[];
  /** Five a workflow: `a0` to `a4` in the first, `b0` to `b4` and `c0` to `c4` in the others. */
  readonly jobs: readonly GraphRow[];
  /** One of each type a workflow, the cron trigger disabled; named by their types. */
  readonly triggers: readonly GraphRow[];
  /** From each job to the next of its workflow, named by both. */
  readonly edges: readonly GraphRow[];
}

export async function aGraph(service: TestService): Promise<Graph> {
  const { id: projectId } = await aProject(service);
  const workflowIds = [randomUUID(), randomUUID(), randomUUID()];
  await rows(
    service,
    `insert into workflows (id, project_id, name, deleted_at)
     select id, $1, 'Workflow ' || n, case when n = 3 then now() end
     from unnest($2::uuid[]) with ordinality as row (id, n)`,
    [projectId, workflowIds],
  );
  const row = `id, workflow_id as "workflowId"`;
  const jobs = await rows<GraphRow>(
    service,
    `insert into jobs (id, workflow_id, name, body, adaptor)
     select gen_random_uuid(), id, chr(96 + w::int) || n, 'fn(' || n || ');', '@openfn/language-common@3.0.2'
     from unnest($1::uuid[]) with ordinality as row (id, w), generate_series(0, 4) n
     returning ${row}, name`,
    [workflowIds],
  );
  const triggers = await rows<GraphRow>(
    service,
    `insert into triggers (id, workflow_id, type, enabled)
     select gen_random_uuid(), id, type, type <> 'cron'
     from unnest($1::uuid[]) id, unnest('{webhook,cron,kafka}'::text[]) type
     returning ${row}, type as name`,
    [workflowIds],
  );
  const edges = await rows<GraphRow>(
    service,
    `insert into workflow_edges (id, workflow_id, source_job_id, target_job_id, condition_label)
     select gen_random_uuid(), job.workflow_id, job.id, next.id, job.name || next.name
     from jobs job join jobs next on next.workflow_id = job.workflow_id
       and next.name = left(job.name, 1) || (right(job.name, 1)::int + 1)
     where job.workflow_id = any($1::uuid[])
     returning ${row}, condition_label as name`,
    [workflowIds],
  );
  return { projectId, workflowIds, jobs: sorted(jobs), triggers: sorted(triggers), edges: sorted(edges) };
}

/** By workflow, then id. */
function sorted(list: readonly GraphRow[]): GraphRow[] {
  const key = ({ workflowId, id }: GraphRow) => workflowId + id;
  return list.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}
