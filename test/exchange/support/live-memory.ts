import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Runs `work` and answers by how many bytes the memory that is in use in this process has grown at most meanwhile,
 * garbage left out.
 */
export async function peakGrowth(work: () => Promise<unknown>): Promise<number> {
  const before = liveBytes();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, liveBytes());
  }, 200);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return peak - before;
}

function liveBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}
