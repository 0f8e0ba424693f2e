import { openDatabase } from '../database/open-database.ts';
import { openLog } from '../log.ts';
import { readSettings } from '../settings.ts';

/**
 * Migrates the database of the settings, DATABASE_URL or the embedded one, and says which
 * migrations ran.
 *
 * @throws StartupError when the database cannot be reached, or when a running service holds the embedded one
 */
export async function migrateDatabase(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<void> {
  const settings = readSettings(env);
  await using database = await openDatabase(settings, openLog(settings.logLevel));
  for (const name of database.migrations) say(`migrated ${name}`);
  if (database.migrations.length === 0) say('the schema is up to date: no migration ran');
}
