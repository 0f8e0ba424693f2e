/** Where the bytes of project files are: what this service needs of it. */
export interface FileStore {
  /**
   * Removes the object that a row of `project_files` names; one that is not there counts as removed. Throws a Failure:
   * UNAVAILABLE when another attempt may succeed, FAILED_PRECONDITION when a person has to put something right first.
   * Once `signal` aborts it gives up and throws the signal's reason; the object may be gone all the same.
   */
  remove(path: string, signal: AbortSignal): Promise<void>;
  close(): void;
}
