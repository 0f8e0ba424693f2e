import { afterAll, afterEach, expect } from 'vitest';

/** Fails every test of the file after which there was an error that nobody heard of: it would end a process. */
export function expectNothingUnheard(): void {
  const unheard: unknown[] = [];
  const note = (error: unknown) => unheard.push(error);
  process.on('unhandledRejection', note).on('uncaughtException', note);
  afterAll(() => {
    process.off('unhandledRejection', note).off('uncaughtException', note);
  });
  afterEach(() => expect(unheard).toEqual([]));
}
