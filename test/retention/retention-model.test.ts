import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localFileStore } from '../../src/files/local-file-store.ts';
import { retentionWork } from '../../src/retention/retention-work.ts';
import { type Changes, openChanges } from '../database/support/changes.ts';
import { execute } from '../support/database.ts';
import { anyHistory, resolved, writeHistory } from './support/kept-history.ts';
import { doWork } from './support/long-work.ts';
import { whatIsKept } from './support/retention-model.ts';

let changes: Changes;
/** Nothing was written to it: every file's object is missing. */
const files = localFileStore('/nonexistent', false);

beforeAll(async () => {
  changes = await openChanges();
});

afterAll(() => changes[Symbol.asyncDispose]());

const anyPeriods = fc.constantFrom(
  { history: 7, dataclips: null },
  { history: 30, dataclips: 7 },
  { history: 90, dataclips: 90 },
  { history: 90, dataclips: 30 },
  { history: null, dataclips: null },
);

describe('Retention', () => {
  it('leaves what the rules keep, of whatever history, in batches of any size, wherever the session is', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyHistory.map(resolved),
        anyHistory.map(resolved),
        anyPeriods,
        fc.constantFrom(1, 2, 5, 500),
        fc.constantFrom('UTC', 'Pacific/Kiritimati', 'America/St_Johns'),
        async (history, others, periods, chunk, timeZone) => {
          const own = await writeHistory(changes.url, periods, history);
          const other = await writeHistory(changes.url, { history: 7, dataclips: 7 }, others);
          const before = await other.rest();
          const work = retentionWork(files, chunk)(own.projectId);

          const batches = await doWork(changes, work, timeZone);

          expect(await own.rest()).toEqual(whatIsKept(history, periods));
          expect(await other.rest()).toEqual(before);
          const told = await execute(
            changes.url,
            `select data from events where project_id = '${own.projectId}' and kind = 'history_deleted' order by id`,
          );
          const sums = told.map(({ data }) =>
            Object.values(data as object).reduce((sum, rows) => sum + rows, 0),
          );
          expect(sums).toEqual(batches);
          expect(await doWork(changes, retentionWork(files, chunk)(own.projectId), timeZone)).toEqual([]);
        },
      ),
      { numRuns: 20 },
    );
  }, 300_000);
});
