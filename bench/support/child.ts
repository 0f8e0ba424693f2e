import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A server in a process of its own, so that its CPU time is its own. */
export interface Child extends AsyncDisposable {
  /** What it said when it was ready. */
  readonly ready: Readonly<Record<string, string>>;
  /** CPU seconds (user and system) and resident bytes so far. */
  usage(): Promise<{ readonly cpuSeconds: number; readonly rssBytes: number; readonly peakRssBytes: number }>;
}

/** Starts a module that calls {@link serveChild}. */
export async function startChild(module: URL, env: Readonly<Record<string, string>>): Promise<Child> {
  const child: ChildProcess = fork(module, { env: { ...process.env, ...env }, execArgv: nodeOptions() });
  const ready = await nextMessage(child);
  return {
    ready,
    async usage() {
      const answer = nextMessage(child);
      child.send('usage');
      return await answer;
    },
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit');
      child.send('stop');
      await exit;
    },
  };
}

/** What the child says next; throws when it ends instead. */
async function nextMessage(child: ChildProcess) {
  const waiting = new AbortController();
  const message = once(child, 'message', waiting);
  const exit = once(child, 'exit', waiting).then(([code]) => {
    throw new Error(`a child process ended with code ${code}`);
  });
  try {
    const [said] = await Promise.race([message, exit]);
    return said;
  } finally {
    waiting.abort();
  }
}

/** In the child: says that it is ready, answers questions about its usage, and stops when told to. */
export function serveChild(ready: Readonly<Record<string, string>>, stop: () => Promise<void>): void {
  process.on('message', (message) => {
    if (message === 'usage') {
      const { user, system } = process.cpuUsage();
      const { rss } = process.memoryUsage();
      const peak = process.resourceUsage().maxRSS * 1024;
      process.send?.({ cpuSeconds: (user + system) / 1e6, rssBytes: rss, peakRssBytes: peak });
    }
    if (message === 'stop') void stop().then(() => process.disconnect());
  });
  // Whoever measures may have failed: then nobody is left to say stop.
  process.on('disconnect', () => process.exit());
  process.send?.(ready);
}

/** `BENCH_CPU_PROF=folder` writes a CPU profile of every child there. */
function nodeOptions(): string[] {
  const folder = process.env.BENCH_CPU_PROF;
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}
