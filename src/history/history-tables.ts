import { type RawBuilder, sql } from 'kysely';
import type { HistoryKind, HistoryRows } from './history-rows.ts';
import { openStates } from './state-rules.ts';

type Expressions = Readonly<Record<string, RawBuilder<unknown>>>;

/** How the rows of one kind are written. In SQL `given` is a row of the batch and `known` the row that is there. */
export interface HistoryTable {
  /** Types of the columns that a batch gives. */
  readonly columns: Readonly<Record<string, string>>;
  /** What a new row holds in place of the value given. */
  readonly defaults: Expressions;
  /** What answers which row was written. */
  readonly key: 'id' | 'step_id';
  /** How a row that is there changes; undefined for rows that never do. */
  readonly change?: { readonly next: Expressions; readonly where: RawBuilder<unknown> };
}

const ifGiven = (...columns: readonly string[]): Expressions =>
  Object.fromEntries(
    columns.map((column) => [
      column,
      sql`coalesce(${sql.ref(`given.${column}`)}, ${sql.ref(`known.${column}`)})`,
    ]),
  );

const unlessWiped = (column: 'body' | 'request'): RawBuilder<unknown> => sql`
  case when known.wiped_at is null then coalesce(${sql.ref(`given.${column}`)}, ${sql.ref(`known.${column}`)})
       else ${sql.ref(`known.${column}`)} end`;

type StatefulKind = keyof typeof openStates;

const isOpen = (side: 'known' | 'given', kind: StatefulKind): RawBuilder<unknown> =>
  sql`${sql.ref(`${side}.state`)} = any(${[...openStates[kind]]}::text[])`;

/** The state given unless it comes before the one that is there; a final one has no position and comes last. */
const furthest = (kind: StatefulKind): RawBuilder<unknown> => {
  const states = sql`${[...openStates[kind]]}::text[]`;
  return sql`
    case when array_position(${states}, given.state) < coalesce(array_position(${states}, known.state), 99)
         then known.state else given.state end`;
};

const madeNow: Expressions = { inserted_at: sql`coalesce(given.inserted_at, now())` };

/** The rules of {@link takenTogether}, for rows that are stored. */
export const historyTables: { readonly [Kind in HistoryKind]: HistoryTable } = {
  dataclips: {
    columns: {
      id: 'uuid',
      project_id: 'uuid',
      name: 'text',
      type: 'text',
      body: 'jsonb',
      request: 'jsonb',
      wiped_at: 'timestamptz',
      inserted_at: 'timestamptz',
    },
    defaults: madeNow,
    key: 'id',
    change: {
      next: {
        ...ifGiven('name'),
        type: sql`given.type`,
        body: unlessWiped('body'),
        request: unlessWiped('request'),
        // What was kept before the policy changed stays, and is wiped when its time has come.
        wiped_at: sql`
          case when known.body is null and known.request is null
               then coalesce(known.wiped_at, given.wiped_at) else known.wiped_at end`,
      },
      where: sql`known.project_id = given.project_id`,
    },
  },
  work_orders: {
    columns: {
      id: 'uuid',
      project_id: 'uuid',
      workflow_id: 'uuid',
      snapshot_id: 'uuid',
      trigger_id: 'uuid',
      dataclip_id: 'uuid',
      state: 'text',
      last_activity: 'timestamptz',
      inserted_at: 'timestamptz',
    },
    defaults: {
      ...madeNow,
      last_activity: sql`coalesce(given.last_activity, given.inserted_at, now())`,
    },
    key: 'id',
    change: {
      next: {
        ...ifGiven('snapshot_id', 'trigger_id', 'dataclip_id'),
        state: furthest('work_orders'),
        last_activity: sql`greatest(given.last_activity, known.last_activity)`,
      },
      where: sql`known.workflow_id = given.workflow_id and (
        ${isOpen('known', 'work_orders')}
        or not ${isOpen('given', 'work_orders')} and given.last_activity > known.last_activity)`,
    },
  },
  runs: {
    columns: {
      id: 'uuid',
      project_id: 'uuid',
      workflow_id: 'uuid',
      work_order_id: 'uuid',
      snapshot_id: 'uuid',
      starting_job_id: 'uuid',
      starting_trigger_id: 'uuid',
      dataclip_id: 'uuid',
      state: 'text',
      priority: 'smallint',
      started_at: 'timestamptz',
      finished_at: 'timestamptz',
      inserted_at: 'timestamptz',
    },
    defaults: { ...madeNow, priority: sql`coalesce(given.priority, 1)` },
    key: 'id',
    change: {
      next: {
        ...ifGiven('snapshot_id', 'starting_job_id', 'starting_trigger_id', 'dataclip_id'),
        ...ifGiven('priority', 'started_at', 'finished_at'),
        state: furthest('runs'),
      },
      where: sql`known.work_order_id = given.work_order_id and ${isOpen('known', 'runs')}`,
    },
  },
  steps: {
    columns: {
      id: 'uuid',
      project_id: 'uuid',
      job_id: 'uuid',
      snapshot_id: 'uuid',
      input_dataclip_id: 'uuid',
      output_dataclip_id: 'uuid',
      exit_reason: 'text',
      started_at: 'timestamptz',
      finished_at: 'timestamptz',
      inserted_at: 'timestamptz',
    },
    defaults: madeNow,
    key: 'id',
    change: {
      next: {
        project_id: sql`coalesce(known.project_id, given.project_id)`,
        ...ifGiven('snapshot_id', 'input_dataclip_id', 'output_dataclip_id', 'started_at', 'finished_at'),
        exit_reason: sql`coalesce(known.exit_reason, given.exit_reason)`,
      },
      where: sql`known.job_id = given.job_id`,
    },
  },
  run_steps: {
    columns: { run_id: 'uuid', step_id: 'uuid', inserted_at: 'timestamptz' },
    defaults: madeNow,
    key: 'step_id',
  },
  log_lines: {
    columns: {
      id: 'uuid',
      run_id: 'uuid',
      step_id: 'uuid',
      timestamp: 'timestamptz',
      source: 'text',
      level: 'text',
      message: 'text',
    } satisfies Record<keyof HistoryRows['log_lines'], string>,
    defaults: {},
    key: 'id',
  },
};
