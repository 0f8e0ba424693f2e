import { sqlState, violatedConstraint } from '../database/sql-state.ts';

/** What the log says of an error that nobody foresaw. */
export interface LoggableError {
  readonly type: string;
  /** The message, left out where it may quote data. Under that name pino would take this for an error. */
  readonly text?: string;
  /** Of an error of the database: its SQLSTATE, and the constraint that was violated. */
  readonly state?: string;
  readonly constraint?: string;
  /** Where it was thrown: the frames alone, without the message. */
  readonly stack: string;
  readonly cause?: LoggableError;
}

/** Errors whose messages are their thrower's own words. PostgreSQL, MikroORM and parsers quote what they were given. */
const OWN_WORDS: ReadonlySet<unknown> = new Set([Error, TypeError, RangeError, ReferenceError]);

/** What may be logged of an error: where and what kind it was, and no data of anybody. */
export function loggable(error: unknown): LoggableError {
  if (!(error instanceof Error)) return { type: typeof error, stack: '' };
  const state = sqlState(error);
  const constraint = violatedConstraint(error);
  const isTold = state === undefined && OWN_WORDS.has(error.constructor);
  return {
    type: error.constructor.name,
    ...(isTold ? { text: error.message } : {}),
    ...(state === undefined ? {} : { state }),
    ...(constraint === undefined ? {} : { constraint }),
    stack: framesOf(error),
    ...(error.cause === undefined ? {} : { cause: loggable(error.cause) }),
  };
}

function framesOf({ stack = '' }: Error): string {
  const frames = stack.split('\n').filter((line) => /^ +at /.test(line));
  return [...new Set(frames)].join('\n');
}
