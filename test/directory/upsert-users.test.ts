import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DirectoryService, startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

describe('UpsertUsers', () => {
  it('creates people and answers in the order of the request', async () => {
    const directory = service.client(DirectoryService, service.admin);
    const users = [randomUUID(), randomUUID()].toSorted().toReversed().map((id) => ({ id, email: `${id}@example.org` }));
    const { users: answered } = await directory.upsertUsers({ users });
    expect(answered.map(({ id }) => id)).toEqual(users.map(({ id }) => id));
  });
});
