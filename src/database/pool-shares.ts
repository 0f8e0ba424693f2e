/** How many of a pool's connections may be held at once, by what holds them. */
export interface PoolShares {
  /** All that hold one for longer than a statement. */
  readonly held: number;
  /** Exports among them: each for as long as its client reads. */
  readonly exports: number;
  /** Transactions of calls: each for as long as it works, or waits for others. */
  readonly transactions: number;
  /** Those that record history, of which an engine has no end. */
  readonly history: number;
}

/**
 * Shares a pool out. One connection is left to what is one statement: whatever clients do, reads and the question of who
 * may what are answered. Half are left by exports, whose clients may never read, and one by transactions, which may all
 * wait for each other. A pool of less than three has none to leave.
 */
export function poolShares(poolSize: number): PoolShares {
  const transactions = Math.max(1, poolSize - 2);
  return {
    held: Math.max(1, poolSize - 1),
    exports: Math.max(1, Math.floor(poolSize / 2)),
    transactions,
    history: Math.max(1, Math.floor(transactions / 2)),
  };
}
