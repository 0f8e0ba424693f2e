/**
 * How a rule fails: one typed error that names the field or the reason. `rpc/errors.ts` alone knows which gRPC
 * code and which `google.rpc` details a failure becomes.
 */

/** One thing wrong with one field of a request. */
export interface FieldViolation {
  /** The field's proto path, e.g. `project.history_retention_period` or `members[1].role`. */
  readonly field: string;
  readonly description: string;
  /** The broken rule, UPPER_SNAKE_CASE, where it has a name. */
  readonly rule?: string;
}

/** A condition of the system's state that a call needs and does not find. */
export interface StateViolation {
  /** UPPER_SNAKE_CASE. */
  readonly type: string;
  /** What is in that state, e.g. `projects/<id>`. */
  readonly subject: string;
  readonly description: string;
}

/** What a failure is about, so that a caller need not read it out of the sentence. */
export interface Resource {
  readonly type:
    | 'project'
    | 'user'
    | 'member'
    | 'workflow'
    | 'credential'
    | 'dataclip'
    | 'operation'
    | 'sandbox';
  readonly name: string;
}

export type FailureKind =
  | 'invalid_argument'
  | 'unauthenticated'
  | 'permission_denied'
  | 'not_found'
  | 'already_exists'
  | 'failed_precondition'
  | 'aborted'
  | 'out_of_range'
  | 'resource_exhausted'
  | 'deadline_exceeded'
  | 'cancelled'
  | 'unavailable'
  | 'unimplemented'
  | 'internal';

export interface FailureDetails {
  readonly fields?: readonly FieldViolation[];
  readonly states?: readonly StateViolation[];
  readonly resource?: Resource;
  /** Values that a program needs beside the sentence, e.g. the current head. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Milliseconds after which a repeat may succeed. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** An expected failure: its message is written for the caller. */
export class Failure extends Error {
  readonly kind: FailureKind;
  /** UPPER_SNAKE_CASE, stable: what programs compare. */
  readonly reason: string;
  readonly details: FailureDetails;

  constructor(kind: FailureKind, reason: string, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'Failure';
    this.kind = kind;
    this.reason = reason;
    this.details = details;
  }
}

/** Violations that the message itself tells; the details hold all of them. */
const TOLD_VIOLATIONS = 5;

/** Bad input: every violation at once. */
export function invalidArgument(fields: readonly FieldViolation[], reason = 'VALIDATION_FAILED'): Failure {
  return new Failure('invalid_argument', reason, summary(fields), { fields });
}

/** What the request would make is there already: every row that says so, and the first thing that is in its way. */
export function alreadyExists(
  reason: string,
  fields: readonly FieldViolation[],
  resource?: Resource,
): Failure {
  const details = resource === undefined ? { fields } : { fields, resource };
  return new Failure('already_exists', reason, summary(fields), details);
}

function summary(fields: readonly FieldViolation[]): string {
  return inShort(fields.map(({ field, description }) => `${field}: ${description}`));
}

/** The first few of several texts, and how many more there are. */
export function inShort(texts: readonly string[]): string {
  const told = texts.slice(0, TOLD_VIOLATIONS);
  const more = texts.length - told.length;
  return `${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

/** Throws {@link invalidArgument} when there is anything to complain about. */
export function refuse(violations: readonly FieldViolation[]): void {
  if (violations.length > 0) throw invalidArgument(violations);
}

export function notFound(type: Resource['type'], id: string): Failure {
  return new Failure('not_found', `${type.toUpperCase()}_NOT_FOUND`, `${type} ${id} not found`, {
    resource: { type, name: id },
  });
}

export function permissionDenied(reason: string, message: string): Failure {
  return new Failure('permission_denied', reason, message);
}

export function failedPrecondition(
  reason: string,
  message: string,
  states: readonly StateViolation[] = [],
  metadata: Readonly<Record<string, string>> = {},
): Failure {
  return new Failure('failed_precondition', reason, message, { states, metadata });
}
