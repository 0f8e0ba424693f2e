/** One step of the schema. Released migrations never change: a correction is a new one. */
export interface Migration {
  /** Sorts after the name of every earlier migration; recorded in the database once it has run. */
  readonly name: string;
  /** Statements that run in the transaction of the whole upgrade. PostgreSQL 15 must understand them. */
  readonly sql: string;
}
