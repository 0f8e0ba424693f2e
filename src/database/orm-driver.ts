import { PostgreSqlConnection, PostgreSqlDriver } from '@mikro-orm/postgresql';
import type { PostgresDialect } from 'kysely';
import type { Pool, PoolConfig } from 'pg';
import { PoolDriver } from './pool-driver.ts';

/** What an ORM's pool is made with. */
export interface PoolOptions extends PoolConfig {
  /** Statements that every transaction begins with, in the same round trip. */
  readonly inTransactions: readonly string[];
  readonly onPoolCreated: (pool: Pool) => void;
}

/** MikroORM's driver, over a {@link PoolDriver}. */
export class OrmDriver extends PostgreSqlDriver {
  protected override readonly connection = new OrmConnection(this.config);
}

class OrmConnection extends PostgreSqlConnection {
  override createKyselyDialect(options: PoolOptions): PostgresDialect {
    const made = Promise.withResolvers<Pool>();
    const ownOptions: PoolOptions = {
      ...options,
      onPoolCreated(pool) {
        options.onPoolCreated(pool);
        made.resolve(pool);
      },
    };
    const dialect = super.createKyselyDialect(ownOptions);
    dialect.createDriver = () => new PoolDriver(made.promise, options.inTransactions);
    return dialect;
  }
}
