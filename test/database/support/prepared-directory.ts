import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startEmbeddedPostgres } from '../../../src/database/embedded-postgres.ts';

/**
 * Makes a data directory in `folder` as a first start leaves it, and answers what copies it to a place that is
 * free: preparing one takes PostgreSQL a second, copying one does not.
 */
export async function prepareDirectory(folder: string): Promise<(place: string) => Promise<void>> {
  const prepared = join(folder, 'prepared');
  const log = { info() {}, debug() {} };
  const postgres = await startEmbeddedPostgres({ dataDir: prepared, log, durable: false });
  await postgres.stop();
  return async (place) => {
    // Node's own copy would not keep whom the files belong to.
    await promisify(execFile)('cp', ['-a', prepared, place]);
  };
}
