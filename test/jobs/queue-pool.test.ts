import { Pool } from 'pg';
import { expect, it } from 'vitest';
import { lasting } from '../../src/database/lasting-pool.ts';
import { QueuePool } from '../../src/jobs/queue-pool.ts';
import { openQueue } from './queue-fixture.ts';

async function connected(pool: QueuePool) {
  return await new Promise<{ error: Error | undefined; done: ((release?: unknown) => void) | undefined }>(
    (resolve) => pool.connect((error, _, done) => resolve({ error, done })),
  );
}

it('A connection may be given back twice', async () => {
  await using queue = await openQueue();
  const pool = lasting(new QueuePool({ connectionString: queue.databaseUrl, max: 1 }));
  const { done } = await connected(pool);
  done?.();
  done?.();
  expect(pool.idleCount).toBe(1);
  await pool.end();
});

it('A pool that has ended answers with its error and nothing to give back', async () => {
  await using queue = await openQueue();
  const pool = new QueuePool({ connectionString: queue.databaseUrl });
  await pool.end();
  const { error, done } = await connected(pool);
  expect(error?.message).toContain('after calling end');
  expect(done).toBeUndefined();
});

it('Behind a pooler only the connection to listen on comes from elsewhere', async () => {
  await using queue = await openQueue();
  const named = (application_name: string) => ({
    connectionString: queue.databaseUrl,
    application_name,
    max: 1,
  });
  const listening = lasting(new Pool(named('direct')));
  const pool = lasting(new QueuePool(named('pooled'), listening));
  const { done } = await connected(pool);

  const { rows } = await pool.query(
    'select application_name from pg_stat_activity where pid = pg_backend_pid()',
  );
  expect(rows).toEqual([{ application_name: 'pooled' }]);
  expect([listening.totalCount, pool.totalCount]).toEqual([1, 1]);
  done?.();
  await Promise.all([pool.end(), listening.end()]);
});
