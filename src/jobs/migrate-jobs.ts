import { runMigrations } from 'graphile-worker';
import { Pool } from 'pg';
import { LastingClient } from '../database/lasting-client.ts';
import { lasting } from '../database/lasting-pool.ts';
import { liftLimits } from '../database/lift-limits.ts';
import { silentJobLog } from './job-log.ts';

/**
 * Brings the schema of the job queue, `graphile_worker`, up to date; each of its steps is a transaction of
 * its own. The caller lets one process at a time do this. Throws whatever `pg` throws.
 */
export async function migrateJobs(url: string): Promise<void> {
  const pool = lasting(
    new Pool({
      connectionString: url,
      max: 1,
      application_name: 'lightning-projects migrate',
      Client: LastingClient,
      onConnect: liftLimits,
    }),
  );
  try {
    await runMigrations({ pgPool: pool, logger: silentJobLog });
  } finally {
    await pool.end();
  }
}
