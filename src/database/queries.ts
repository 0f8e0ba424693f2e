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
import { cancelledBy, waitingFor } from './cancellation.ts';
import type { Database } from './tables.ts';

/** Hears the text of each statement that has run, and how many rows it wrote; undefined for a select. */
export type Notice = (sql: string, rowsWritten: bigint | undefined) => void;

/**
 * A Kysely query builder whose every query ends with a call: once `signal` aborts, the query that runs is
 * cancelled in the database and the next one does not start; both reject with the signal's reason.
 *
 * Kysely's own abort option would reject at once and leave the cancelled query's error to `console.error`;
 * here the rejection comes when the connection is free again, so that nothing outlives its call.
 */
export class Queries extends QueryCreator<Database> implements QueryExecutorProvider {
  /** Ends the queries, and whatever else is done between them. */
  readonly signal: AbortSignal;
  readonly #executor: QueryExecutor;

  constructor(base: QueryExecutorProvider, signal: AbortSignal, notice?: Notice) {
    const executor = new AbortableExecutor(base.getExecutor(), signal, notice);
    super({ executor });
    this.signal = signal;
    this.#executor = executor;
  }

  getExecutor(): QueryExecutor {
    return this.#executor;
  }

  /** For MikroORM, which runs its statements through what it is given as the transaction. */
  executeQuery<Row>(query: CompiledQuery<Row>): Promise<QueryResult<Row>> {
    return this.#executor.executeQuery(query);
  }
}

class AbortableExecutor implements QueryExecutor {
  readonly #inner: QueryExecutor;
  readonly #signal: AbortSignal;
  readonly #notice: Notice | undefined;

  constructor(inner: QueryExecutor, signal: AbortSignal, notice: Notice | undefined) {
    this.#inner = inner;
    this.#signal = signal;
    this.#notice = notice;
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
    const result = await waitingFor(this.#signal, (arrived) =>
      this.#inner.provideConnection(async (connection) => {
        arrived();
        return await cancelledBy(this.#signal, connection, () => this.#on(connection).executeQuery<R>(query));
      }),
    );
    this.#notice?.(query.sql, result.numAffectedRows);
    return result;
  }

  /** The executor below, on a connection that was provided already. */
  #on(connection: DatabaseConnection): QueryExecutor {
    return this.#inner.withConnectionProvider({ provideConnection: (consumer) => consumer(connection) });
  }

  stream<R>(query: CompiledQuery<R>, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.#inner.stream(query, chunkSize, { signal: this.#signal });
  }

  withConnectionProvider(provider: Parameters<QueryExecutor['withConnectionProvider']>[0]): QueryExecutor {
    return this.#around(this.#inner.withConnectionProvider(provider));
  }

  withPlugin(plugin: KyselyPlugin): QueryExecutor {
    return this.#around(this.#inner.withPlugin(plugin));
  }

  withPlugins(plugins: readonly KyselyPlugin[]): QueryExecutor {
    return this.#around(this.#inner.withPlugins(plugins));
  }

  withPluginAtFront(plugin: KyselyPlugin): QueryExecutor {
    return this.#around(this.#inner.withPluginAtFront(plugin));
  }

  withoutPlugins(): QueryExecutor {
    return this.#around(this.#inner.withoutPlugins());
  }

  #around(inner: QueryExecutor): QueryExecutor {
    return new AbortableExecutor(inner, this.#signal, this.#notice);
  }
}
