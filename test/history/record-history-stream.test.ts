import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poolShares } from '../../src/database/pool-shares.ts';
import { HistoryService } from '../../src/gen/lightning/projects/v1/history_service_pb.ts';
import { refusal } from '../support/refusal.ts';
import { lockProject, waitingStatements } from '../support/rival.ts';
import { rows } from '../support/rows.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { settled } from '../support/settled.ts';
import { aRun, aSite, moment, record, type Site, type TestBatch } from './support/engine.ts';

const POOL = 10;

let service: TestService;
let site: Site;
beforeAll(async () => {
  service = await startTestService({ DATABASE_POOL_SIZE: String(POOL) });
  site = await aSite(service);
});
afterAll(() => service.close());

/** One line of 1 MiB, the most that a line holds. */
const batchOf = (runId: string, id: string): TestBatch => ({
  logLines: [{ id, runId, timestamp: moment(0), message: 'x'.repeat(1 << 20) }],
});
/** Batches of a stream that have left the sender: one in hand, one read ahead, and what sockets hold. */
const bounded = 8;

it('However many streams record at once, other changes find a connection', async () => {
  const other = await aSite(service);
  await using rival = await lockProject(service, site.projectId);
  const streams = Array.from({ length: POOL }, () => record(service, [aRun(site).batch]));
  const { history } = poolShares(POOL);
  await expect.poll(() => waitingStatements(service)).toBe(history);

  const client = service.client(ProjectsService, service.admin);
  await client.updateProject({ project: { id: other.projectId, color: '#fff' } });
  expect(await waitingStatements(service)).toBe(history);

  await rival.leave();
  await Promise.all(streams);
});

describe('While the database is slow', () => {
  it('the sender waits, and when it leaves nothing of the batch is left and nothing waits any more', async () => {
    const { ids, batch } = aRun(site);
    await record(service, [batch]);
    const lines: string[] = [];
    const leave = new AbortController();
    async function* batches() {
      for (;;) {
        const id = randomUUID();
        lines.push(id);
        yield batchOf(ids.run, id);
      }
    }

    await using rival = await lockProject(service, site.projectId);
    const call = refusal(
      service.client(HistoryService, service.admin).recordHistory(batches(), { signal: leave.signal }),
    );
    await expect.poll(() => waitingStatements(service)).toBe(1);
    expect(await settled(() => lines.length, 50)).toBeLessThan(bounded);

    leave.abort();
    expect(await call).toMatchObject({ code: 'CANCELLED' });
    await expect.poll(() => waitingStatements(service)).toBe(0);
    await rival.leave();
    expect(await rows(service, 'select from log_lines where id = any($1)', [lines])).toEqual([]);
  });

  it('the call ends with its deadline, and the batches before it stay', async () => {
    const [first, second] = [aRun(site), aRun(await aSite(service))];
    const [held] = await rows<{ project_id: string }>(
      service,
      'select project_id from workflows where id = $1',
      [second.batch.workOrders[0]?.workflowId],
    );
    await using _rival = await lockProject(service, held?.project_id ?? '');
    const call = record(service, [first.batch, second.batch], { timeoutMs: 1500 });

    expect(await refusal(call)).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    const stored = 'select id from runs where id = any($1)';
    expect(await rows(service, stored, [[first.ids.run, second.ids.run]])).toEqual([{ id: first.ids.run }]);
  });
});
