/** How many of a pool's connections may be held at once, by what holds them. */
export interface PoolShares {
  /** Exports: each for as long as its client reads. */
  readonly exports: number;
  /** Transactions of calls: each for as long as it works, or waits for others. */
  readonly transactions: number;
  /** Those of them that record history, of which an engine has no end. */
  readonly history: number;
}

/**
 * Shares a pool out, so that one connection at least is left to what is one statement: whatever clients do, reads and the
 * question of who may what are answered. A pool of less than three has none to leave.
 */
export function poolShares(poolSize: number): PoolShares {
  const exports = Math.max(1, Math.floor(poolSize / 2));
  const transactions = Math.max(1, poolSize - exports - 1);
  return { exports, transactions, history: Math.max(1, Math.floor(transactions / 2)) };
}
