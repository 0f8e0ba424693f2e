import type { Client } from 'pg';
import { migrateJobs } from '../jobs/migrate-jobs.ts';
import { StartupError } from '../startup-error.ts';
import { checkServer } from './check-server.ts';
import { LastingClient } from './lasting-client.ts';
import { liftLimits } from './lift-limits.ts';
import { migrations as knownMigrations } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';

/** Any number will do that no other use of advisory locks in this database has; "projects" in ASCII. */
export const MIGRATION_LOCK = '8102661182351176819';

/**
 * Brings the schema of the database at `url` up to date and resolves to the names of the migrations that ran,
 * none when it was current. One transaction for all of them: it ends migrated or untouched. Processes that
 * start together wait for each other; the later ones find nothing left to do.
 *
 * The job queue's own schema follows under the same lock. Its steps are the queue's, each a transaction: when
 * one fails, those before it stay and the next start goes on from there.
 *
 * Throws a {@link StartupError} when the server is too old or the database not in UTF-8, when it holds migrations
 * that this code does not know, and whatever `pg` throws when the database cannot be reached or a statement fails.
 */
export async function migrate(
  url: string,
  migrations: readonly Migration[] = knownMigrations,
): Promise<string[]> {
  const client = new LastingClient({ connectionString: url, application_name: 'lightning-projects migrate' });
  await client.connect();
  try {
    await liftLimits(client);
    await checkServer(client);
    // Whoever waited for the lock is to see what was migrated meanwhile, also where transactions by default do not.
    await client.query('begin isolation level read committed');
    await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const pending = await findPending(client, migrations);
    for (const migration of pending) {
      await client.query(migration.sql);
      await client.query('insert into projects_service_migrations (name) values ($1)', [migration.name]);
    }
    await migrateJobs(url);
    await client.query('commit');
    return pending.map((migration) => migration.name);
  } finally {
    // Ending the connection rolls back what was not committed.
    await client.end();
  }
}

async function findPending(client: Client, migrations: readonly Migration[]): Promise<Migration[]> {
  await client.query(`
    create table if not exists projects_service_migrations (
      name text primary key,
      inserted_at timestamptz(6) not null default now()
    )`);
  const { rows } = await client.query<{ name: string }>(
    'select name from projects_service_migrations order by name',
  );
  const applied = new Set(rows.map((row) => row.name));
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = [...applied].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new StartupError(
      `the database was migrated by a newer version of this service (${unknown.join(', ')}): ` +
        'start that version, or use a database of this one',
    );
  }
  return migrations.filter((migration) => !applied.has(migration.name));
}
