/** The classes of PostgreSQL's states; Node's codes, such as EPIPE, may have five letters too. */
const STATE = /^(?:\d[\dA-Z]|F0|HV|P0|XX)[\dA-Z]{3}$/;

/** The SQLSTATE of an error that came from PostgreSQL, through `pg`, Kysely or MikroORM; undefined for others. */
export function sqlState(error: unknown): string | undefined {
  const code = errorCode(error);
  return code !== undefined && STATE.test(code) ? code : undefined;
}

/** What PostgreSQL or the system calls what went wrong: an SQLSTATE, or a name such as ENOSPC. */
export function errorCode(error: unknown): string | undefined {
  return property(error, 'code');
}

/** The name of the constraint that an error from PostgreSQL says was violated. */
export function violatedConstraint(error: unknown): string | undefined {
  return property(error, 'constraint');
}

function property(error: unknown, name: 'code' | 'constraint'): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const value: unknown = Reflect.get(error, name);
  if (typeof value === 'string') return value;
  return error instanceof Error && error.cause !== undefined ? property(error.cause, name) : undefined;
}
