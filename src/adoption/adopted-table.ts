/** How a column of this service is read from Lightning's table. */
export interface AdoptedColumn {
  /** Its type here. */
  readonly type: string;
  /** SQL over Lightning's columns; left out: the column of the same name. */
  readonly from?: string;
  /** Lightning's columns that it is read from; left out: the column of the same name. */
  readonly needs?: readonly string[];
  /** SQL of what stands in where Lightning's table has no such column; without it the column has to be there. */
  readonly absent?: string;
  /** What it may hold; undefined for anything. */
  readonly among?: readonly string[];
}

/** A column that names a row of another table. */
export interface AdoptedReference {
  readonly column: string;
  readonly table: string;
  /** What becomes of a row that names one which is not here: it is left, or arrives without. */
  readonly otherwise: 'leave' | 'clear';
  /** Whether a row that has to name one may as well name none. */
  readonly nullable?: true;
  /** Both rows must hold the same in this column. */
  readonly same?: string;
}

/** Columns that no two rows here may share. */
export interface AdoptedUnique {
  readonly columns: readonly string[];
  /** Whether upper and lower case are the same. */
  readonly lower?: true;
  /** Of which rows that is so. */
  readonly where?: readonly [column: string, is: 'is null' | 'is not null'];
  readonly reason: string;
}

/** What was done here and is not undone. */
export interface AdoptedRefusal {
  /** SQL over the row as `given`. */
  readonly when: string;
  readonly reason: string;
}

/** A table of this service, and what its rows are made of. */
export interface AdoptedTable {
  readonly name: string;
  /** Lightning's table; left out: the one of the same name. */
  readonly source?: string;
  /** SQL joined to Lightning's table, for rows that it holds in an array. */
  readonly lateral?: string;
  readonly columns: Readonly<Record<string, AdoptedColumn>>;
  /** The columns of its key; left out: `id`. */
  readonly key?: readonly string[];
  readonly references: readonly AdoptedReference[];
  readonly uniques?: readonly AdoptedUnique[];
  /** Which rows are left although they could come; left out: none. */
  readonly refused?: AdoptedRefusal;
  /** SQL over its row here that tells the project; left out: it belongs to none. */
  readonly project?: string;
  /** SQL over Lightning's columns by which rows come; left out: as they lie there. */
  readonly order?: string;
  /** The most rows that are asked for at a time; left out: {@link FETCH}. */
  readonly fetch?: number;
}

/** Rows asked for at a time, small enough that even long log lines are nothing to hold. */
export const FETCH = 500;

export const keyOf = (table: AdoptedTable): readonly string[] => table.key ?? ['id'];

/** Whether rows that are here change when Lightning's do: those of the others are written once and never change. */
export const changes = (table: AdoptedTable): boolean => 'updated_at' in table.columns;

/** Lightning's columns that a column is read from. */
export function neededColumns(name: string, { needs, from }: AdoptedColumn): readonly string[] {
  return needs ?? (from === undefined ? [name] : []);
}

/** What a column names, in words: a `source_job_id` names a source job. */
export const noun = (column: string): string => column.replace(/_id$/, '').replaceAll('_', ' ');
