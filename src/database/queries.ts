import {
  type CompiledQuery,
  type DatabaseConnection,
  type KyselyPlugin,
  QueryCreator,
  type QueryExecutor,
  type QueryExecutorProvider,
  type QueryId,
  type QueryResult,
  type RootOperationNode,
} from 'kysely';
import type { Database } from './tables.ts';

export interface QueriesOptions {
  /** Hears the text of each statement that has run, and how many rows it wrote; undefined for a select. */
  readonly notice?: (sql: string, rowsWritten: bigint | undefined) => void;
  /** Whoever opened the transaction cancels its statements: {@link cancelOnAbort}. */
  readonly cancelledByOwner?: boolean;
}

/**
 * A Kysely query builder whose every query ends with a call: once `signal` aborts, the query that runs is
 * cancelled in the database and the next one does not start; both reject with the signal's reason.
 *
 * Kysely's own abort option would reject at once and leave the cancelled query's error to `console.error`;
 * here the rejection comes when the connection is free again, so that nothing outlives its call.
 */
export class Queries extends QueryCreator<Database> implements QueryExecutorProvider {
  readonly #executor: QueryExecutor;

  constructor(base: QueryExecutorProvider, signal: AbortSignal, options: QueriesOptions = {}) {
    const executor = new AbortableExecutor(base.getExecutor(), signal, options);
    super({ executor });
    this.#executor = executor;
  }

  getExecutor(): QueryExecutor {
    return this.#executor;
  }
}

/** Cancels what runs on `connection` when `signal` aborts; call the answer when the query is over. */
export function cancelOnAbort(
  connection: DatabaseConnection,
  executor: QueryExecutor,
  signal: AbortSignal,
): () => void {
  const cancel = () => {
    // The query may have ended meanwhile: then there is nothing to cancel, and the driver says so by rejecting.
    connection.cancelQuery?.((consume) => executor.provideConnection(consume)).catch(() => {});
  };
  signal.addEventListener('abort', cancel, { once: true });
  return () => signal.removeEventListener('abort', cancel);
}

class AbortableExecutor implements QueryExecutor {
  readonly #inner: QueryExecutor;
  readonly #signal: AbortSignal;
  readonly #options: QueriesOptions;

  constructor(inner: QueryExecutor, signal: AbortSignal, options: QueriesOptions) {
    this.#inner = inner;
    this.#signal = signal;
    this.#options = options;
  }

  get adapter() {
    return this.#inner.adapter;
  }

  get plugins() {
    return this.#inner.plugins;
  }

  transformQuery<T extends RootOperationNode>(node: T, queryId: QueryId): T {
    return this.#inner.transformQuery(node, queryId);
  }

  compileQuery<R>(node: RootOperationNode, queryId: QueryId): CompiledQuery<R> {
    return this.#inner.compileQuery(node, queryId);
  }

  provideConnection<T>(consumer: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    return this.#inner.provideConnection(consumer);
  }

  async executeQuery<R>(query: CompiledQuery<R>): Promise<QueryResult<R>> {
    const result = await this.#run<R>(query);
    this.#options.notice?.(query.sql, result.numAffectedRows);
    return result;
  }

  async #run<R>(query: CompiledQuery<R>): Promise<QueryResult<R>> {
    this.#signal.throwIfAborted();
    return await this.#inner.provideConnection(async (connection) => {
      this.#signal.throwIfAborted();
      if (this.#options.cancelledByOwner) return await connection.executeQuery<R>(query);
      await connection.collectSessionInfo?.();
      const done = cancelOnAbort(connection, this.#inner, this.#signal);
      try {
        return await connection.executeQuery<R>(query);
      } catch (error) {
        this.#signal.throwIfAborted();
        throw error;
      } finally {
        done();
      }
    });
  }

  stream<R>(query: CompiledQuery<R>, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.#inner.stream(query, chunkSize, { signal: this.#signal });
  }

  withConnectionProvider(provider: Parameters<QueryExecutor['withConnectionProvider']>[0]): QueryExecutor {
    return new AbortableExecutor(this.#inner.withConnectionProvider(provider), this.#signal, this.#options);
  }

  withPlugin(plugin: KyselyPlugin): QueryExecutor {
    return new AbortableExecutor(this.#inner.withPlugin(plugin), this.#signal, this.#options);
  }

  withPlugins(plugins: readonly KyselyPlugin[]): QueryExecutor {
    return new AbortableExecutor(this.#inner.withPlugins(plugins), this.#signal, this.#options);
  }

  withPluginAtFront(plugin: KyselyPlugin): QueryExecutor {
    return new AbortableExecutor(this.#inner.withPluginAtFront(plugin), this.#signal, this.#options);
  }

  withoutPlugins(): QueryExecutor {
    return new AbortableExecutor(this.#inner.withoutPlugins(), this.#signal, this.#options);
  }
}
