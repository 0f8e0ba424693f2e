import { Client, type QueryResultRow } from 'pg';
import { failureReason } from '../database/failure-reason.ts';
import { StartupError } from '../startup-error.ts';
import { type AdoptedTable, FETCH } from './adopted-table.ts';
import { checkSource } from './check-source.ts';
import { addressOf } from './source-address.ts';
import { type SourceColumns, sourceSelect } from './source-select.ts';

/** Rows that are written together are at most so many, and about so many bytes. */
const CHUNK_ROWS = 2000;
const CHUNK_BYTES = 1 << 20;
const CONNECT_MS = 10_000;

/** Lightning's database as it was at one moment, for reading alone. */
export class LightningSource implements AsyncDisposable {
  readonly #client: Client;
  readonly #present: SourceColumns;
  #cursors = 0;
  /** The connection takes one query at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: Client, present: SourceColumns) {
    this.#client = client;
    this.#present = present;
  }

  /**
   * The rows of a table as JSON texts, in chunks to write together. Flat in memory: a cursor hands out a few rows at a
   * time, of tables that may hold large ones no more than they say.
   *
   * @param most rows in a chunk
   */
  async *chunks(table: AdoptedTable, most = CHUNK_ROWS): AsyncGenerator<readonly string[]> {
    const cursor = `adopted_${this.#cursors++}`;
    const { fetch = FETCH } = table;
    await this.#query(`declare ${cursor} no scroll cursor for ${sourceSelect(table, this.#present)}`);
    let chunk: string[] = [];
    let bytes = 0;
    for (;;) {
      const count = Math.min(fetch, most - chunk.length);
      const rows = await this.#query<{ row: string }>(`fetch forward ${count} from ${cursor}`);
      for (const { row } of rows) {
        chunk.push(row);
        bytes += row.length;
      }
      if (chunk.length >= most || bytes >= CHUNK_BYTES || (rows.length < count && chunk.length > 0)) {
        yield chunk;
        chunk = [];
        bytes = 0;
      }
      if (rows.length < count) break;
    }
    await this.#query(`close ${cursor}`);
  }

  /** Those rows of a table, as JSON texts, of which `where` is true: SQL over Lightning's columns, `$1` the ids. */
  async rowsOf(table: AdoptedTable, where: string, ids: readonly string[]): Promise<string[]> {
    const rows = await this.#query<{ row: string }>(sourceSelect(table, this.#present, where), [ids]);
    return rows.map(({ row }) => row);
  }

  /** Which of the ids a table of Lightning's has. */
  async present(table: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.#query<{ id: string }>(
      `select id::text from "${table}" where id = any ($1::uuid[])`,
      [ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /**
   * Ids of the projects, level by level: those of a level lie under those of the one before. What is under none, because
   * its parents run in a circle, is in none.
   */
  async *projectLevels(): AsyncGenerator<readonly string[]> {
    const hasParents = this.#present.get('projects')?.has('parent_id') === true;
    let level = await this.#ids(hasParents ? 'parent_id is null' : 'true');
    while (level.length > 0) {
      yield level;
      level = hasParents ? await this.#ids('parent_id = any ($1::uuid[])', level) : [];
    }
  }

  /** Ids of the projects that are none of these. */
  async projectsBeside(ids: readonly string[]): Promise<readonly string[]> {
    return await this.#ids('id <> all ($1::uuid[])', ids);
  }

  async #ids(where: string, ids?: readonly string[]): Promise<readonly string[]> {
    const select = `select id::text from projects where ${where} order by inserted_at, id`;
    const rows = await this.#query<{ id: string }>(select, ids === undefined ? [] : [ids]);
    return rows.map(({ id }) => id);
  }

  async #query<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const answer = this.#last.then(() => this.#client.query<Row>(text, [...values]));
    this.#last = answer.catch(() => {});
    try {
      return (await answer).rows;
    } catch (error) {
      const reason = `Lightning's database can no longer be read: ${failureReason(error)}`;
      throw new StartupError(`${reason}; what was adopted stays, adopt again to go on`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
  }
}

/**
 * Opens Lightning's database: one transaction that only reads, and sees what there was when it began, whatever is written
 * meanwhile.
 *
 * @throws StartupError in a line each when it cannot be used or lacks what is needed; no password is in it
 */
export async function openLightning(url: string): Promise<LightningSource> {
  const address = addressOf(url);
  await using undo = new AsyncDisposableStack();
  const client = clientOf(url);
  try {
    await client.connect();
    undo.defer(() => client.end());
    // A connection that is lost fails the query that waits for it; without one nobody need hear of it twice.
    client.on('error', () => {});
    await client.query(`
      set default_transaction_read_only = on;
      set timezone = 'UTC';
      set statement_timeout = 0;
      set idle_in_transaction_session_timeout = 0;
      begin isolation level repeatable read read only`);
    const source = new LightningSource(client, await checkSource(client));
    undo.move();
    return source;
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(`Lightning's database ${address} cannot be used: ${failureReason(error)}`, {
      cause: error,
    });
  }
}

function clientOf(url: string): Client {
  return new Client({
    connectionString: url,
    application_name: 'lightning-projects adopt',
    connectionTimeoutMillis: CONNECT_MS,
  });
}
