/**
 * The service cannot start, for a reason that whoever runs it can put right: a bad setting, a port in use, a
 * data directory in use. The message says what to do, one line for each reason, and is all that is printed:
 * no stack trace.
 */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
