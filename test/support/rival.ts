import pg from 'pg';
import { rows } from './rows.ts';
import type { TestService } from './service.ts';

/** Somebody else in the service's database, who is in the way. */
export interface Rival extends AsyncDisposable {
  /** Lets go of everything it holds. */
  leave(): Promise<void>;
}

/** Keeps a project locked, so that whatever changes it waits. */
export async function lockProject(
  service: Pick<TestService, 'databaseUrl'>,
  projectId: string,
): Promise<Rival> {
  return await lockRow(service, 'projects where id = $1', projectId);
}

/**
 * Keeps a row locked, so that whatever changes it waits.
 *
 * @param row what follows `from` in SQL; $1 is `id`
 */
export async function lockRow(
  { databaseUrl }: Pick<TestService, 'databaseUrl'>,
  row: string,
  id: string,
): Promise<Rival> {
  const client = new pg.Client(databaseUrl);
  // Its server may be taken away from it.
  client.on('error', () => {});
  await client.connect();
  await client.query('begin');
  await client.query(`select from ${row} for update`, [id]);
  let left: Promise<void> | undefined;
  const leave = () => {
    left ??= client.end();
    return left;
  };
  return { leave, [Symbol.asyncDispose]: leave };
}

/** How many statements of the service wait for a lock at the moment. */
export async function waitingStatements(service: Pick<TestService, 'databaseUrl'>): Promise<number> {
  const [waiting] = await rows<{ count: number }>(
    service,
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and application_name = 'lightning-projects' and wait_event_type = 'Lock'`,
  );
  return waiting?.count ?? 0;
}
