import type { ClientBase } from 'pg';

/**
 * Lifts the limits of time that the role or the database sets for sessions: they are meant for calls, and bringing a
 * schema up to date takes as long as it does.
 */
export async function liftLimits(client: ClientBase): Promise<void> {
  // First and alone: it takes no time, where the list below may take longer than a limit allows.
  await client.query('set statement_timeout = 0');
  // By way of the list, since PostgreSQL 15 and 16 do not know the last one.
  await client.query(`
    select set_config(name, '0', false) from pg_settings
    where name in (
      'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout'
    )`);
}
