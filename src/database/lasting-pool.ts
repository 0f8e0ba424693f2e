import type { Pool } from 'pg';

/**
 * A pool that hears of connections that are lost, idle or lent. What runs on one fails; without anybody to hear of it
 * the process would end.
 */
export function lasting<P extends Pool>(pool: P): P {
  pool.on('error', () => {}).on('connect', (connection) => connection.on('error', () => {}));
  return pool;
}
