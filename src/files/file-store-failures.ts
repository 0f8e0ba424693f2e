import { Failure } from '../call/failure.ts';

/** The store did not answer, or not as it should: later it may. */
export function fileStoreUnavailable(what: string, cause: unknown): Failure {
  return new Failure('unavailable', 'FILE_STORE_UNAVAILABLE', `${what}: see FILE_STORE_URL`, { cause });
}

/** The store will refuse again until its setting, or what the setting names, is put right. */
export function fileStoreRefused(what: string, cause?: unknown): Failure {
  return new Failure('failed_precondition', 'FILE_STORE_REFUSED', `${what}: see FILE_STORE_URL`, { cause });
}

/** The path of a file's row cannot be one of the store. */
export function filePathRefused(path: string, problem: string): Failure {
  const message = `the file ${JSON.stringify(path)} was not removed: its path ${problem}`;
  return new Failure('failed_precondition', 'FILE_PATH_REFUSED', message);
}
