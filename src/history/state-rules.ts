import type { RunStateName } from '../resources/run-message.ts';
import type { WorkOrderStateName } from '../resources/work-order-message.ts';
import type { HistoryRows } from './history-rows.ts';

/** The states that are not final, in the order in which they are reached; every other one is final. */
export const openStates = {
  work_orders: ['pending', 'running'],
  runs: ['available', 'claimed', 'started'],
} as const satisfies { work_orders: readonly WorkOrderStateName[]; runs: readonly RunStateName[] };

type Kind = keyof HistoryRows;
type Row<K extends Kind> = HistoryRows[K];

/**
 * What a record says after another one with its id, as storing one after the other would have it: what is given is
 * taken, what is not is kept. `history-tables.ts` holds the same rules for rows that are stored already.
 */
export const takenTogether: {
  readonly [K in 'dataclips' | 'work_orders' | 'runs' | 'steps']: (earlier: Row<K>, later: Row<K>) => Row<K>;
} = {
  dataclips: (earlier, later) => given(earlier, later),

  work_orders(earlier, later) {
    const before = earlier.last_activity ?? earlier.inserted_at;
    const after = later.last_activity;
    const isLater = before !== null && after !== null && after > before;
    const isOpen = rank('work_orders', later.state) < FINAL;
    if (rank('work_orders', earlier.state) === FINAL && (isOpen || !isLater)) return earlier;
    return {
      ...given(earlier, later),
      state: furthest('work_orders', earlier.state, later.state),
      // What says nothing of its activity was active when it was made: an older activity does not count.
      last_activity: isLater || before === null ? after : earlier.last_activity,
    };
  },

  runs(earlier, later) {
    if (rank('runs', earlier.state) === FINAL) return earlier;
    return { ...given(earlier, later), state: furthest('runs', earlier.state, later.state) };
  },

  steps: (earlier, later) => ({
    ...given(earlier, later),
    exit_reason: earlier.exit_reason ?? later.exit_reason,
  }),
};

const FINAL = Number.POSITIVE_INFINITY;

function rank(kind: keyof typeof openStates, state: string): number {
  const states: readonly string[] = openStates[kind];
  const found = states.indexOf(state);
  return found === -1 ? FINAL : found;
}

function furthest<State extends string>(kind: keyof typeof openStates, earlier: State, later: State): State {
  return rank(kind, later) < rank(kind, earlier) ? earlier : later;
}

/** The later row with what it does not say from the earlier one; when a record was made, the first one says. */
function given<T extends { readonly inserted_at: string | null }>(earlier: T, later: T): T {
  const said = Object.entries(later).filter(([, value]) => value !== null);
  return { ...earlier, ...Object.fromEntries(said), inserted_at: earlier.inserted_at };
}
