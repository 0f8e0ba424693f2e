import { defineConfig } from 'vitest/config';
import { compiledOnce } from './test/support/processes.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/property-seed.ts'],
    pool: 'forks',
    // Files share the modules of their process: loading the service anew for each of them took a third of the time.
    // What a file changes outside of itself, it has to put back.
    isolate: false,
    // The service's folder for what it has compiled, for the threads that tests start: without it each strips the types
    // again, by a WebAssembly whose code V8 compiles in the background, and ending such a thread may crash the process.
    env: compiledOnce,
    // Twice as many as CI has processors: much of the time goes by in waiting, for a pause to end or for a lock.
    maxWorkers: 4,
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // A condition that is waited for is found as soon as it holds, and given up so late that no busy machine is to blame.
    expect: { poll: { timeout: 45_000 } },
  },
});
