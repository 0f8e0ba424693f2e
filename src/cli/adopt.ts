import { addressOf } from '../adoption/source-address.ts';
import { readSettings } from '../settings.ts';
import { StartupError } from '../startup-error.ts';

/**
 * Adopts the Lightning database at `url` into the one of the settings, DATABASE_URL or the embedded one, which it
 * migrates. Says what it does, and at the end a table of counts and what was left.
 *
 * @throws StartupError in a line for each reason when one of the databases cannot be used, or when Lightning's lacks what
 *   is needed: then nothing was written
 */
export async function adopt(env: NodeJS.ProcessEnv, url: string, say: (line: string) => void): Promise<void> {
  const settings = readSettings(env);
  say(`adopting ${addressOf(url)}`);
  // The first line need not wait for what takes a second to load.
  const { openLightning } = await import('../adoption/lightning-source.ts');
  const { adoptDatabase } = await import('../adoption/adopt-database.ts');
  const { databaseFailure } = await import('../database/failures.ts');
  const { openDatabase } = await import('../database/open-database.ts');
  const { openLog } = await import('../log.ts');

  await using source = await openLightning(url);
  await using database = await openDatabase(settings, openLog(settings.logLevel));
  try {
    const tally = await adoptDatabase(source, database.orm, say);
    for (const line of tally.lines()) say(line);
  } catch (error) {
    const failure = databaseFailure(error);
    if (failure === undefined) throw error;
    const message = `the database of this service failed: ${failure.message}; what was adopted stays, adopt again to go on`;
    throw new StartupError(message, { cause: error });
  }
  say(
    'not adopted: secrets, project files, items of collections, the audit trail, and what else Lightning keeps',
  );
}
