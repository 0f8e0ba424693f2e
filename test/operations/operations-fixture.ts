import { sql } from 'kysely';
import { type Logger, pino } from 'pino';
import { runChange } from '../../src/database/change.ts';
import { openOrm } from '../../src/database/orm.ts';
import type { Author } from '../../src/database/unit-of-work.ts';
import { type JobRunner, startJobRunner } from '../../src/jobs/job-runner.ts';
import type { LongWork, Step } from '../../src/operations/long-work.ts';
import type { LongWorkKind } from '../../src/operations/operation-names.ts';
import type { OperationRow } from '../../src/operations/operation-query.ts';
import { type OperationTimes, runOperation } from '../../src/operations/run-operation.ts';
import { RUN_OPERATION, startOperations } from '../../src/operations/start-operation.ts';
import { aProject } from '../support/projects.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';

/** A service that leaves its operations to workers of a test, which do what the test says. */
export interface Operations extends AsyncDisposable {
  readonly service: TestService;
  /** A project with so many dataclips, for operations to delete. */
  projectWith(dataclips: number): Promise<string>;
  start(projectIds: readonly string[], options?: StartOptions): Promise<OperationRow[]>;
  /** Another worker that does this for every operation; stopped at the latest with the service. */
  work(toDo: (projectId: string) => LongWork, options?: WorkOptions): JobRunner;
}

interface WorkOptions extends OperationTimes {
  readonly log?: Logger;
}

interface StartOptions {
  readonly kind?: LongWorkKind;
  readonly actorId?: string;
  readonly afterMs?: number;
}

export async function openOperations(): Promise<Operations> {
  const open = new AsyncDisposableStack();
  const service = open.use(await startTestService({ ROLES: 'rpc' }));
  const orm = await openOrm({
    url: service.databaseUrl,
    poolMax: 8,
    applicationName: 'operation tests',
    statementTimeoutMs: 10_000,
  });
  open.defer(() => orm.close(true));
  const author: Author = { actorId: null, service: 'tests', method: 'Tests.Start', requestId: 'a-request' };
  return {
    service,
    async projectWith(dataclips) {
      const { id } = await aProject(service);
      await rows(
        service,
        `insert into dataclips (project_id, type) select $1, 'global' from generate_series(1, $2)`,
        [id, dataclips],
      );
      return id;
    },
    start: (projectIds, { kind = 'delete_project', actorId = null, afterMs = 0 } = {}) =>
      runChange(orm, { ...author, actorId }, new AbortController().signal, (unit) =>
        startOperations(
          unit,
          kind,
          projectIds.map((projectId) => ({ projectId, projectName: 'a-project', afterMs })),
        ),
      ),
    work(toDo, { log = pino({ level: 'silent' }), ...times } = {}) {
      const works = { delete_project: toDo, purge_project: toDo, enforce_retention: toDo };
      const runner = startJobRunner({
        url: service.databaseUrl,
        tasks: { [RUN_OPERATION]: runOperation(orm, works, log, times) },
        log,
        graceMs: 2000,
      });
      open.defer(() => runner.stop());
      return runner;
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** Deletes a project's dataclips, ten in a batch. `before` runs first in each. */
export function deletingDataclips(projectId: string, before: Step = async () => 0): LongWork {
  return {
    steps: [
      async (unit) => {
        await before(unit);
        unit.goOn();
        const { numAffectedRows = 0n } = await sql`
          delete from dataclips where id in (
            select id from dataclips where project_id = ${projectId} order by inserted_at, id limit 10
          )`.execute(unit.db);
        return Number(numAffectedRows);
      },
    ],
    async count(read) {
      const { rows: counted } = await sql<{ readonly count: string }>`
        select count(*)::text as count from dataclips where project_id = ${projectId}`.execute(read);
      return Number(counted[0]?.count);
    },
  };
}
