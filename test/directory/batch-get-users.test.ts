import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { aUser, DirectoryService, startTestService } from '../support/service.ts';

it('BatchGetUsers answers in the order of the ids, each once, and lists the ids that nobody has', async () => {
  await using service = await startTestService();
  const [first, second] = [await aUser(service), await aUser(service, { supportUser: true })];
  const [nobody, nobodyElse] = [randomUUID(), randomUUID()];

  const { users, missingIds } = await service.client(DirectoryService, service.admin).batchGetUsers({
    ids: [second.id.toUpperCase(), nobody, first.id, second.id, nobodyElse.toUpperCase(), nobody],
  });

  expect(users).toMatchObject([
    { id: second.id, email: second.email, supportUser: true },
    { id: first.id, email: first.email, supportUser: false },
  ]);
  expect(missingIds).toEqual([nobody, nobodyElse]);
});
