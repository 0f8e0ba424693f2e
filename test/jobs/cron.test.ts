import { afterEach, beforeEach, expect, it } from 'vitest';
import { jobsDone } from '../support/jobs.ts';
import { rows } from '../support/rows.ts';
import { openQueue, type Queue } from './queue-fixture.ts';

let queue: Queue;
beforeEach(async () => {
  queue = await openQueue();
});
afterEach(() => queue[Symbol.asyncDispose]());

it('A job of the clock that was missed while no runner lived begins once, however many start', async () => {
  await rows(
    queue,
    `insert into graphile_worker._private_known_crontabs (identifier, known_since, last_execution)
     values ('nightly', now() - interval '9 days', now() - interval '3 days')`,
  );
  const cron = [{ task: 'nightly', match: '0 0 * * *', options: { backfillPeriod: 86_400_000 } }];
  let turns = 0;
  const nightly = async () => {
    turns += 1;
  };
  for (let runner = 0; runner < 3; runner += 1) queue.run({ nightly }, { cron });
  await expect.poll(() => turns).toBe(1);
  await expect
    .poll(() =>
      rows(
        queue,
        `select from graphile_worker._private_known_crontabs where last_execution > now() - interval '1 day'`,
      ),
    )
    .toHaveLength(1);
  await jobsDone(queue);
  expect(turns).toBe(1);
});
