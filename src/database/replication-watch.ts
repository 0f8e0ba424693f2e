import { Pool } from 'pg';
import { LastingClient } from './lasting-client.ts';

/** Milliseconds that connecting and answering may take. */
const ANSWER_MS = 1000;

/** What a server says of itself. */
export interface Standing {
  /** Of the cluster: a primary and its standbys have the same. */
  readonly system: string;
  readonly database: string;
  readonly isStandby: boolean;
  /** Where its log of changes ends: what it has written or, as a standby, replayed; in bytes from its beginning. */
  readonly position: bigint;
}

/** Asks a server for its {@link Standing}, over connections of its own. */
export class ReplicationWatch implements AsyncDisposable {
  readonly #pool: Pool;

  constructor(url: string) {
    this.#pool = new Pool({
      connectionString: url,
      max: 2,
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
      application_name: 'lightning-projects replication',
      Client: LastingClient,
    });
    // A connection that is lost between two questions: the next one tells.
    this.#pool.on('error', () => {});
  }

  /** Throws what `pg` throws. */
  async ask(): Promise<Standing> {
    const { rows } = await this.#pool.query<Omit<Standing, 'position'> & { readonly position: string }>(`
      select system_identifier::text as system, current_database()::text as database,
             pg_is_in_recovery() as "isStandby",
             case when pg_is_in_recovery() then coalesce(pg_last_wal_replay_lsn(), '0/0')
                  else pg_current_wal_insert_lsn() end - '0/0'::pg_lsn as position
      from pg_control_system()`);
    const [row] = rows;
    if (row === undefined) throw new Error('the server says nothing of itself');
    return { ...row, position: BigInt(row.position) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }
}
