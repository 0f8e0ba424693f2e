import type { MikroORM } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { type ChangeOptions, runChange } from '../../../src/database/change.ts';
import { openOrm } from '../../../src/database/orm.ts';
import type { UnitOfWork } from '../../../src/database/unit-of-work.ts';
import { createTestDatabase, execute } from '../../support/database.ts';

/** A database of its own, on which changes are run without a service around them. */
export interface Changes extends AsyncDisposable {
  readonly url: string;
  readonly orm: MikroORM;
  /** The most connections at a time. */
  readonly poolMax: number;
  run<T>(
    work: (unit: UnitOfWork) => Promise<T>,
    options?: ChangeOptions & { readonly signal?: AbortSignal },
  ): Promise<T>;
  /** Makes a project past all rules; its id. */
  aProject(name?: string): Promise<string>;
  nameOf(projectId: string): Promise<unknown>;
  /** The statements that run or wait in the database at the moment. */
  running(): Promise<string[]>;
}

const author = { actorId: null, service: 'test', method: 'Test.Change', requestId: 'request' };

export async function openChanges(): Promise<Changes> {
  await using undo = new AsyncDisposableStack();
  const { url } = undo.use(await createTestDatabase());
  const poolMax = 3;
  const orm = await openOrm({ url, poolMax, applicationName: 'changes', statementTimeoutMs: 0 });
  undo.defer(() => orm.close(true));
  const stack = undo.move();
  return {
    url,
    orm,
    poolMax,
    run: (work, { signal = new AbortController().signal, ...options } = {}) =>
      runChange(orm, author, signal, work, options),
    async aProject(name = 'before') {
      const [row] = await execute(url, `insert into projects (name) values ('${name}') returning id`);
      return String(row?.id);
    },
    async nameOf(projectId) {
      const [row] = await execute(url, `select name from projects where id = '${projectId}'`);
      return row?.name;
    },
    async running() {
      const rows = await execute(
        url,
        `select query from pg_stat_activity
         where datname = current_database() and application_name = 'changes' and state = 'active'`,
      );
      return rows.map(({ query }) => String(query));
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Renames a project past all rules. */
export function rename(unit: UnitOfWork, projectId: string, name: string): Promise<unknown> {
  return sql`update projects set name = ${name} where id = ${projectId}`.execute(unit.db);
}

/** Records that a project was updated. */
export function told(unit: UnitOfWork, projectId: string): void {
  unit.record({ kind: 'project_updated', projectId, itemType: 'project', itemId: projectId, changes: {} });
}

/** A place where so many meet; whoever comes later passes. */
export function barrier(parties: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let missing = parties;
  return async () => {
    missing -= 1;
    if (missing === 0) resolve();
    await promise;
  };
}
