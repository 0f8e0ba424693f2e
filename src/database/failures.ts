import { alreadyExists, Failure, failedPrecondition, invalidArgument } from '../call/failure.ts';
import { sqlState, violatedConstraint } from './sql-state.ts';

/** What a violated constraint means for the caller; constraints that no request can violate are not listed. */
const constraints: Readonly<Record<string, () => Failure>> = {
  projects_unique_child_name: () => nameTaken('project.name'),
  projects_pkey: () =>
    alreadyExists('PROJECT_ID_TAKEN', [{ field: 'project.id', description: 'another project has this id' }]),
  project_owner_unique_index: oneOwner,
  project_users_owner_fkey: oneOwner,
  project_users_project_id_user_id_index: () =>
    alreadyExists('ALREADY_A_MEMBER', [
      {
        field: 'members',
        description: 'the user is a member of the project already',
      },
    ]),
  project_users_user_id_fkey: () => unknownUser('members.user_id'),
  credentials_user_id_fkey: () => unknownUser('credentials.user_id'),
  invitations_invited_by_id_fkey: () => unknownUser('actor_user_id'),
  keychain_credentials_created_by_id_fkey: () => unknownUser('actor_user_id'),
  project_credentials_credential_id_fkey: () => concurrentChange(),
  // Records that bring their own ids are looked up first; another document has just brought the same ones.
  workflows_pkey: () => concurrentChange(),
  jobs_pkey: () => concurrentChange(),
  triggers_pkey: () => concurrentChange(),
  workflow_edges_pkey: () => concurrentChange(),
  projects_parent_id_fkey: () =>
    failedPrecondition('PARENT_GONE', 'the parent project does not exist, or it still has sandboxes'),
  users_email_index: () =>
    alreadyExists('EMAIL_TAKEN', [
      {
        field: 'users.email',
        description: 'another user has this e-mail address',
      },
    ]),
  workflows_project_id_name_index: () =>
    alreadyExists('WORKFLOW_NAME_TAKEN', [
      {
        field: 'workflows',
        description: 'two workflows of a project have the same name',
      },
    ]),
};

/**
 * The failure that an error of the database stands for: a violated constraint by its name, a connection that is
 * gone, a statement that took too long. Undefined for what nobody expected.
 */
export function databaseFailure(error: unknown): Failure | undefined {
  const state = sqlState(error);
  if (state === undefined) return isConnectionError(error) ? databaseUnavailable(error) : undefined;
  if (state.startsWith('23')) return constraints[violatedConstraint(error) ?? '']?.();
  if (isUnavailable(state)) return databaseUnavailable(error);
  if (state === '57014') {
    return new Failure('deadline_exceeded', 'STATEMENT_TIMEOUT', 'the database took too long', {
      cause: error,
    });
  }
  if (state === '40001' || state === '40P01' || state === '55P03') {
    return concurrentChange(error);
  }
  return undefined;
}

/**
 * Connection exceptions, a login that is refused, a database that is gone, shutdowns, a lack of connections, memory or
 * disk, and a server that has become read-only: nothing that is wrong with the statement.
 */
export function isUnavailable(state: string): boolean {
  return /^(?:08|28|3D|53)/.test(state) || /^57P0[1-5]$/.test(state) || state === '25006';
}

/** What happens to a connection that was made; one that cannot be made is told by the system call. */
const LOST = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);
/** `pg` gives these errors no code. */
const CONNECTION_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable/;

function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Node tries each address of a name and puts the failures into one.
  if (error instanceof AggregateError) return error.errors.some(isConnectionError);
  const { code, syscall }: NodeJS.ErrnoException = error;
  if (syscall === 'connect' || syscall === 'getaddrinfo') return true;
  if (code !== undefined && LOST.has(code)) return true;
  return CONNECTION_MESSAGES.test(error.message) || isConnectionError(error.cause);
}

/** @param cause what the database did, or did not */
export function databaseUnavailable(cause: unknown): Failure {
  return new Failure(
    'unavailable',
    'DATABASE_UNAVAILABLE',
    'the database cannot be reached at the moment; try again',
    {
      retryAfterMs: 1000,
      cause,
    },
  );
}

function concurrentChange(cause?: unknown): Failure {
  return new Failure('aborted', 'CONCURRENT_CHANGE', 'other changes got in the way; repeat the call', {
    retryAfterMs: 100,
    cause,
  });
}

function oneOwner(): Failure {
  return invalidArgument([{ field: 'members', description: 'a project has exactly one owner' }], 'ONE_OWNER');
}

/** @param field where the request has the name */
export function nameTaken(field: string): Failure {
  const description = 'another sandbox of the same parent has this name';
  return alreadyExists('PROJECT_NAME_TAKEN', [{ field, description }]);
}

function unknownUser(field: string): Failure {
  return invalidArgument([{ field, description: 'no such user' }], 'UNKNOWN_USER');
}
