import { sql } from 'kysely';
import { runChange } from '../../../src/database/change.ts';
import { openOrm } from '../../../src/database/orm.ts';
import { localFileStore } from '../../../src/files/local-file-store.ts';
import { deleteNext } from '../../../src/lifecycle/delete-next.ts';
import { rows } from '../../support/rows.ts';
import type { TestService } from '../../support/service.ts';

/** Somebody who deletes a project batch by batch, over one connection. */
export interface Deleter extends AsyncDisposable {
  /** The next batch; how many rows it deleted. */
  next(): Promise<number>;
  /** Lets the connection tell the database's statistics what it did. */
  flush(): Promise<void>;
}

export async function aDeleter(service: TestService, projectId: string, chunk: number): Promise<Deleter> {
  const orm = await openOrm({
    url: service.databaseUrl,
    poolMax: 1,
    applicationName: 'deleter',
    statementTimeoutMs: 20_000,
  });
  const author = { actorId: null, service: 'tests', method: 'Tests.Delete', requestId: 'a-request' };
  const step = deleteNext(projectId, localFileStore('/nowhere', false), chunk);
  return {
    next: () => runChange(orm, author, new AbortController().signal, step),
    async flush() {
      await sql`select pg_stat_force_next_flush()`.execute(orm.em.getKysely());
    },
    [Symbol.asyncDispose]: () => orm.close(true),
  };
}

/** Adds so many work orders to a project of a site, each with a run, a step, logs and a dataclip. */
export async function addHistory(
  service: TestService,
  projectId: string,
  size: { readonly workOrders: number; readonly lines: number },
): Promise<void> {
  await rows(
    service,
    `with workflow as (select id from workflows where project_id = $1 limit 1),
       clip as (
         insert into dataclips (project_id, type) select $1, 'global' from generate_series(1, $2) returning id
       ), work_order as (
         insert into work_orders (workflow_id, dataclip_id) select workflow.id, clip.id from workflow, clip
         returning id, dataclip_id
       )
     insert into runs (id, work_order_id, dataclip_id, project_id, workflow_id)
     select uuid_v7(), work_order.id, dataclip_id, $1, workflow.id from work_order, workflow`,
    [projectId, size.workOrders],
  );
  await rows(
    service,
    `with step as (
       insert into steps (job_id, project_id, input_dataclip_id)
       select gen_random_uuid(), $1, dataclip_id from runs where project_id = $1 returning id, input_dataclip_id
     )
     insert into run_steps (run_id, step_id)
     select runs.id, step.id from step join runs on dataclip_id = input_dataclip_id`,
    [projectId],
  );
  await rows(
    service,
    `insert into log_lines (run_id, step_id, timestamp, message)
     select run_id, step_id, now(), 'a line' from run_steps join runs on runs.id = run_id
     cross join generate_series(1, $2) where project_id = $1`,
    [projectId, size.lines],
  );
}
