import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Runs `work` and answers by how many bytes the memory that is in use in this process has grown at most meanwhile,
 * garbage left out. Looking takes at most a fifth of the time.
 */
export async function peakGrowth(work: () => Promise<unknown>): Promise<number> {
  const before = liveBytes();
  let peak = before;
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    const start = performance.now();
    // Buffers that one collection frees are counted until the next.
    if (liveBytes() > peak) peak = Math.max(peak, liveBytes());
    timer = setTimeout(look, 4 * (performance.now() - start));
  };
  look();
  try {
    await work();
  } finally {
    clearTimeout(timer);
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
