import { runMigrations } from 'graphile-worker';
import type { Pool } from 'pg';
import { silentJobLog } from './job-log.ts';

/**
 * Brings the schema of the job queue, `graphile_worker`, up to date; each of its steps is a transaction of
 * its own. The caller lets one process at a time do this. Throws whatever `pg` throws.
 */
export async function migrateJobs(pool: Pool): Promise<void> {
  await runMigrations({ pgPool: pool, logger: silentJobLog });
}
