import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { requestCancellation } from './cancel-request.ts';
import type { Connection } from './cancellation.ts';
import { preparedName } from './prepared.ts';

/**
 * Kysely's driver over a pool of `pg`. Its own asks for a cancellation in SQL, by the number of a process: behind a
 * pooler that is somebody else's.
 */
export class PoolDriver implements Driver {
  readonly #pool: Promise<Pool>;
  readonly #inTransactions: readonly string[];

  /** @param inTransactions statements that every transaction begins with, in the same round trip */
  constructor(pool: Promise<Pool>, inTransactions: readonly string[]) {
    this.#pool = pool;
    this.#inTransactions = inTransactions;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PoolConnection> {
    const pool = await this.#pool;
    return new PoolConnection(await pool.connect());
  }

  async releaseConnection(connection: PoolConnection): Promise<void> {
    connection.release();
  }

  /** Who waited for a lock sees what was committed meanwhile, also where the role or the database has another default. */
  async beginTransaction(
    connection: DatabaseConnection,
    { isolationLevel = 'read committed', accessMode }: TransactionSettings,
  ): Promise<void> {
    const mode = accessMode === undefined ? '' : ` ${accessMode}`;
    const begin = `begin isolation level ${isolationLevel}${mode}`;
    await run(connection, [begin, ...this.#inTransactions].join('; '));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await run(connection, 'commit');
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await run(connection, 'rollback');
  }

  async destroy(): Promise<void> {
    await (await this.#pool).end();
  }
}

async function run(connection: DatabaseConnection, statement: string): Promise<void> {
  await connection.executeQuery(CompiledQuery.raw(statement));
}

/** A client of the pool, from its acquisition to its release. */
class PoolConnection implements Connection {
  readonly #client: PoolClient;
  #isDestroyed = false;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  async executeQuery<Row>({ sql: text, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const name = preparedName(text);
    const query = { text, values: [...parameters], ...(name === undefined ? {} : { name }) };
    // Of several statements at once there is a list of results, and nothing to tell.
    const { command, rowCount, rows = [] } = await this.#client.query(query);
    return WRITES.has(command) ? { rows, numAffectedRows: BigInt(rowCount ?? 0) } : { rows };
  }

  /** Cancels what runs on the connection at the moment. */
  async cancelQuery(): Promise<void> {
    await requestCancellation(this.#client);
  }

  streamQuery(): never {
    throw new Error('rows are streamed by cursors in SQL');
  }

  /** Without a word to the server, which may not listen: what waits for its answer fails as soon as the socket is gone. */
  destroy(): void {
    this.#isDestroyed = true;
    this.#client.connection.stream.destroy();
  }

  release(): void {
    this.#client.release(this.#isDestroyed);
  }
}

const WRITES = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);
