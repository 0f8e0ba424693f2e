import { expect, it } from 'vitest';
import { Failure, invalidArgument, notFound } from '../../src/call/failure.ts';
import { isReplicaFailure } from '../../src/database/replicas.ts';

it('is what the primary may know better', () => {
  expect(isReplicaFailure(notFound('project', 'x'))).toBe(true);
  expect(isReplicaFailure(new Error('Connection terminated unexpectedly'))).toBe(true);
  for (const code of ['28P01', '53300', '57P01']) {
    expect(isReplicaFailure(Object.assign(new Error('from the server'), { code }))).toBe(true);
  }
});

it('is nothing that the primary would refuse, too', () => {
  expect(isReplicaFailure(invalidArgument([{ field: 'page_token', description: 'is none' }]))).toBe(false);
  expect(
    isReplicaFailure(new Failure('failed_precondition', 'DUPLICATE_KEY', 'two names give one key')),
  ).toBe(false);
});
