import { createHash } from 'node:crypto';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { OperationRow } from '../operations/operation-query.ts';
import { startOperations } from '../operations/start-operation.ts';

/** Projects whose operations are started in one transaction. */
const PROJECTS = 1000;
/** Milliseconds over which the operations of all projects are spread. */
const SPREAD_MS = 3_600_000;

/**
 * Starts an operation for each project that has a history retention period, spread over the next hour by the project's
 * id: the same project comes at the same time of every hour, and not all of them at once. Yields them page by page, a
 * page a transaction. Three statements each, from `projects_history_retention_index`.
 */
export async function* startAllRetention(
  change: <T>(work: (unit: UnitOfWork) => Promise<T>) => Promise<T>,
): AsyncGenerator<readonly OperationRow[]> {
  let after: string | undefined = '00000000-0000-0000-0000-000000000000';
  while (after !== undefined) {
    const from: string = after;
    const page = await change((unit) => startPage(unit, from));
    yield page.operations;
    after = page.last;
  }
}

interface Page {
  readonly operations: readonly OperationRow[];
  /** Undefined when there are no further projects. */
  readonly last: string | undefined;
}

async function startPage(unit: UnitOfWork, after: string): Promise<Page> {
  const projects = await unit.db
    .selectFrom('projects')
    .select(['id', 'name'])
    .where('history_retention_period', 'is not', null)
    .where('deletion_started_at', 'is', null)
    .where('id', '>', after)
    .orderBy('id')
    .limit(PROJECTS)
    .execute();
  if (projects.length === 0) return { operations: [], last: undefined };
  const operations = await startOperations(
    unit,
    'enforce_retention',
    projects.map(({ id, name }) => ({
      projectId: id,
      projectName: name,
      afterMs: delay(id),
    })),
  );
  return { operations, last: projects.length < PROJECTS ? undefined : projects.at(-1)?.id };
}

/** Milliseconds, evenly spread: less than {@link SPREAD_MS}. */
function delay(projectId: string): number {
  return createHash('sha256').update(projectId).digest().readUInt32BE() % SPREAD_MS;
}
