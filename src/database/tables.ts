import type { InferKyselyTable } from '@mikro-orm/postgresql';
import type { ColumnType } from 'kysely';
import type { entities } from '../entities/index.ts';

/**
 * The tables as Kysely sees them: names of tables and columns as in the database, derived from the entities.
 *
 * Values are what `pg` gives once MikroORM has set it up: timestamps as text (`timestamp.ts` reads them), 64-bit
 * integers as text, bytea as Buffer, jsonb parsed. JSON is written as text: pg would take an array for one of the
 * database's own.
 */
export type Database = {
  [Schema in (typeof entities)[number] as Schema['tableName']]: {
    [Column in keyof InferKyselyTable<Schema>]: RawColumn<InferKyselyTable<Schema>[Column]>;
  };
};

/** Keeps what an insert may leave out, and puts the raw value in place of the entity's. */
type RawColumn<Value> = [Value] extends [ColumnType<infer Select, infer Insert, infer Update>]
  ? ColumnType<Read<Select>, Write<Insert>, Write<Update>>
  : ColumnType<Read<Value>, Write<Value>, Write<Value>>;

/** Spread over the members of a union, so that null stays null. */
type Read<Value> = Value extends Date | bigint ? string : Value extends Uint8Array ? Buffer : Value;

type Write<Value> = Value extends Date
  ? string | Date
  : Value extends bigint
    ? string | bigint
    : Value extends Uint8Array
      ? Uint8Array
      : Value extends object
        ? string
        : Value;
