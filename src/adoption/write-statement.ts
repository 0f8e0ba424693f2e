import { type RawBuilder, sql } from 'kysely';
import { type AdoptedReference, type AdoptedTable, changes, keyOf } from './adopted-table.ts';
import { verdict } from './row-verdict.ts';
import { choice, columnsOf, list, quoted } from './sql-text.ts';

/** What {@link writeStatement} answers: a row for each thing that became of some of the rows. */
export interface WriteAnswer {
  readonly what: 'created' | 'updated' | 'removed' | 'kept' | 'left' | 'cleared';
  /** Of what was written. */
  readonly project_id: string | null;
  /** The column that names a row which is not here. */
  readonly lacks: string | null;
  /** Why rows are left that lack nothing. */
  readonly reason: string | null;
  readonly keys: readonly string[];
  /** The rows named that are not here, one for each key; empty where nothing lacks. */
  readonly missing: readonly string[];
}

/**
 * Writes rows of one table, given as a JSON array of objects, in one statement: those that what is here allows, new or
 * changed. A row that changed here after it last did there is kept as it is.
 *
 * It judges what many rows can have in common: that what they refer to was left, a value that is not known here, a name
 * that is taken. What else a constraint refuses fails the statement. Rows that are the same here are not even locked,
 * which would write them. Relies on the primary keys of this table and of those referred to, and on the unique indexes.
 */
export function writeStatement(table: AdoptedTable, rows: string): RawBuilder<WriteAnswer> {
  const names = Object.keys(table.columns);
  const definitions = Object.entries(table.columns).map(([name, { type }]) => `${quoted(name)} ${type}`);
  const leaving = table.references.filter(({ otherwise }) => otherwise === 'leave');
  const clearing = table.references.filter(({ otherwise }) => otherwise === 'clear');
  const cleared = new Set(clearing.map(({ column }) => column));
  const accepted = names.map((name) =>
    cleared.has(name)
      ? `case when not ${lacking(name)} then ${quoted(name)} end as ${quoted(name)}`
      : quoted(name),
  );

  const before = `
    with given as materialized (
      select * from rows from (json_to_recordset(`;
  const after = `::json) as (${definitions.join(', ')}))
        with ordinality as given (${list(names)}, place)
    ), judged as materialized (
      select given.*, ${choice(leaving.map((one) => [isMissing(one), `'${one.column}'`]))} as lacks,
             ${[verdict(table), ...clearing.map((one) => `${isMissing(one)} as ${lacking(one.column)}`)].join(', ')}
      from given
    ), accepted as materialized (
      select ${accepted.join(', ')} from judged where lacks is null and reason is null
    ), written as (
      insert into ${table.name} as known (${list(names)})
      select ${list(names)} from accepted ${changes(table) ? unlessTheSame(table) : ''}
      on conflict ${changes(table) ? update(table) : 'do nothing'}
      returning ${key(table, 'known')} as key, ${table.project ?? 'null::uuid'} as project_id,
                known.xmax = 0 as created
    )
    select case when created then 'created' else 'updated' end as what, project_id,
           null as lacks, null as reason, array_agg(key) as keys, '{}'::text[] as missing
    from written group by created, project_id
    union all
    select 'left', null, lacks, reason, array_agg(key order by place), array_agg(missing order by place)
    from (
      select place, lacks, case when lacks is null then reason end as reason, ${key(table, 'judged')} as key,
             ${choice(leaving.map(({ column }) => [`lacks = '${column}'`, `${quoted(column)}::text`]))} as missing
      from judged where lacks is not null or reason is not null
    ) as gone group by lacks, reason
    ${clearing.map((one) => clearedOf(table, one)).join('')}
    ${changes(table) ? keptOf(table) : ''}`;
  return sql<WriteAnswer>`${sql.raw(before)}${rows}${sql.raw(after)}`;
}

function clearedOf(table: AdoptedTable, { column }: AdoptedReference): string {
  return `union all
    select 'cleared', null, '${column}', null, array_agg(${key(table, 'judged')} order by place),
           array_agg(${quoted(column)}::text order by place)
    from judged where ${lacking(column)} and lacks is null and reason is null having count(*) > 0
    `;
}

function keptOf({ name }: AdoptedTable): string {
  return `union all
    select 'kept', null, null, null, array_agg(known.id::text), '{}'
    from accepted join ${name} known using (id) where known.updated_at > accepted.updated_at having count(*) > 0`;
}

function unlessTheSame(table: AdoptedTable): string {
  const names = changing(table);
  return `where not exists (
        select from ${table.name} known where known.id = accepted.id and (known.updated_at > accepted.updated_at
          or (${columnsOf('known', names)}) is not distinct from (${columnsOf('accepted', names)})))`;
}

function update(table: AdoptedTable): string {
  const names = changing(table);
  const sets = names.map((name) => `${quoted(name)} = excluded.${quoted(name)}`);
  // What an etag stands for, of which Lightning has none.
  if (table.name === 'projects') sets.push('lock_version = known.lock_version + 1');
  return `(id) do update set ${sets.join(', ')}
      where excluded.updated_at >= known.updated_at
        and (${columnsOf('known', names)}) is distinct from (${columnsOf('excluded', names)})`;
}

function isMissing({ column, table, same }: AdoptedReference): string {
  const isSame = same === undefined ? '' : ` and other.${quoted(same)} = given.${quoted(same)}`;
  // A project whose deletion has begun is seen by nobody any more, and nothing may come to it.
  const isThere = table === 'projects' ? ' and other.deletion_started_at is null' : '';
  return `(given.${quoted(column)} is not null and not exists (
    select from ${table} other where other.id = given.${quoted(column)}${isSame}${isThere}))`;
}

const changing = ({ columns }: AdoptedTable): string[] =>
  Object.keys(columns).filter((name) => name !== 'id');
const lacking = (column: string): string => quoted(`lacks_${column}`);
const key = (table: AdoptedTable, alias: string): string =>
  `concat_ws(' ', ${columnsOf(alias, keyOf(table))})`;
