import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { DriverException } from '@mikro-orm/core';
import { describe, expect, it } from 'vitest';
import { databaseFailure } from '../../src/database/failures.ts';

/** An error as `pg` makes it. */
function fromServer(code: string, constraint?: string): Error {
  return Object.assign(new Error('from the server'), { code, constraint });
}

/** An error as Node makes it. */
function fromSystem(code: string, syscall: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
}

function reasonOf(error: unknown): string | undefined {
  return databaseFailure(error)?.reason;
}

describe('The database cannot be reached', () => {
  const losses: Record<string, unknown> = {
    'a connection is refused': fromSystem('ECONNREFUSED', 'connect'),
    'its socket is missing': fromSystem('ENOENT', 'connect'),
    'its name cannot be resolved': fromSystem('EAI_AGAIN', 'getaddrinfo'),
    'a connection is reset': fromSystem('ECONNRESET', 'read'),
    'nobody reads at the other end': fromSystem('EPIPE', 'write'),
    'each of its addresses refuses': new AggregateError([fromSystem('ECONNREFUSED', 'connect')]),
    'a session was ended': fromServer('57P01'),
    'it starts up': fromServer('57P03'),
    'it takes no more sessions': fromServer('53300'),
    'it takes the password no more': fromServer('28P01'),
    'it is not there': fromServer('3D000'),
    'its disk is full': fromServer('53100'),
    'it has become a replica': fromServer('25006'),
    'a connection broke off': new Error('Connection terminated unexpectedly'),
    'a connection is used up': new Error('Client has encountered a connection error and is not queryable'),
    'all connections are taken': new Error('timeout exceeded when trying to connect'),
    'MikroORM says so': new DriverException(fromSystem('EPIPE', 'write')),
  };
  for (const [when, error] of Object.entries(losses)) {
    it(`when ${when}, and a repeat may succeed`, () => {
      expect(databaseFailure(error)).toMatchObject({
        kind: 'unavailable',
        reason: 'DATABASE_UNAVAILABLE',
        details: { retryAfterMs: 1000, cause: error },
      });
    });
  }

  it('is told of a real refusal', async () => {
    const refused = await new Promise((resolve) => connect(1, '127.0.0.1').on('error', resolve));
    expect(reasonOf(refused)).toBe('DATABASE_UNAVAILABLE');
  });
});

it('takes a file that is missing for no fault of the database', async () => {
  const missing = await readFile('/no/such/file').catch((error: unknown) => error);
  expect(databaseFailure(missing)).toBeUndefined();
});

it('tells statements that took too long and changes that got in each other’s way', () => {
  expect(databaseFailure(fromServer('57014'))).toMatchObject({
    kind: 'deadline_exceeded',
    reason: 'STATEMENT_TIMEOUT',
  });
  for (const state of ['40001', '40P01', '55P03']) {
    expect(databaseFailure(fromServer(state))).toMatchObject({
      kind: 'aborted',
      reason: 'CONCURRENT_CHANGE',
      details: { retryAfterMs: 100 },
    });
  }
});

it('tells a violated constraint by its name, and nothing of one that no request can violate', () => {
  expect(reasonOf(fromServer('23505', 'projects_pkey'))).toBe('PROJECT_ID_TAKEN');
  expect(reasonOf(new DriverException(fromServer('23505', 'projects_unique_child_name')))).toBe(
    'PROJECT_NAME_TAKEN',
  );
  expect(reasonOf(fromServer('23503', 'project_users_owner_fkey'))).toBe('ONE_OWNER');
  expect(databaseFailure(fromServer('23503', 'project_credentials_credential_id_fkey'))).toMatchObject({
    kind: 'aborted',
    reason: 'CONCURRENT_CHANGE',
    details: { retryAfterMs: 100 },
  });
  expect(databaseFailure(fromServer('23514', 'projects_env_check'))).toBeUndefined();
});

it('tells nothing of other errors', () => {
  expect(databaseFailure(new Error('something else'))).toBeUndefined();
  expect(databaseFailure(fromServer('42P01'))).toBeUndefined();
  expect(databaseFailure('a text')).toBeUndefined();
});
