import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { createTestDatabase, execute } from '../support/database.ts';
import { startTestService } from '../support/service.ts';

it('Events that a copy brought from a server with more transactions go at the start, others stay', async () => {
  await using database = await createTestDatabase();
  const [own, foreign] = [randomUUID(), randomUUID()];
  await execute(
    database.url,
    `insert into events (kind, project_id) values ('project_updated', '${own}')`,
    `insert into events (kind, project_id, xid) values ('project_deleted', '${foreign}', '9000000000000')`,
  );
  await using _ = await startTestService({ DATABASE_URL: database.url });
  expect(await execute(database.url, 'select project_id from events')).toEqual([{ project_id: own }]);
});
