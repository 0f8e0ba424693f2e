import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EnumNames } from '../../src/call/enum-names.ts';
import { DataclipType, RunPriority } from '../../src/gen/lightning/projects/v1/run_history_pb.ts';
import { runStates } from '../../src/resources/run-message.ts';
import { workOrderStates } from '../../src/resources/work-order-message.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { aRun, aSite, moment, record, type Site, type TestBatch } from './support/engine.ts';

let service: TestService;
let site: Site;
let dataclips: string[];
beforeAll(async () => {
  service = await startTestService();
  site = await aSite(service);
  const { ids, batch } = aRun(site);
  await record(service, [batch]);
  dataclips = [ids.input, ids.output];
});
afterAll(() => service.close());

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const time = optional(fc.integer({ min: 0, max: 3 }).map(moment));
const dataclip = optional(fc.nat({ max: 1 }));
const anyOf = <Name extends string, Value extends number>({ names, value }: EnumNames<Name, Value>) =>
  fc.constantFrom(...names).map(value);

const reports = fc.array(
  fc.record({
    workOrder: fc.record({ state: anyOf(workOrderStates), lastActivity: time, dataclip }),
    run: fc.record({
      state: anyOf(runStates),
      startedAt: time,
      finishedAt: time,
      priority: fc.constantFrom(RunPriority.UNSPECIFIED, RunPriority.IMMEDIATE, RunPriority.NORMAL),
    }),
    step: fc.record({
      exitReason: optional(fc.constantFrom('success', 'fail')),
      startedAt: time,
      output: dataclip,
    }),
    clip: fc.record({
      name: optional(fc.constantFrom('a', 'b')),
      body: optional(fc.constantFrom('1', '[2]')),
      insertedAt: time,
    }),
  }),
  { minLength: 1, maxLength: 5 },
);

describe('Several records of one id', () => {
  it('leave in one batch what they leave in a batch each', async () => {
    await fc.assert(
      fc.asyncProperty(reports, async (given) => {
        const sent = ([clip, workOrder, run, step]: readonly string[]): TestBatch[] =>
          given.map((report) => ({
            dataclips: [
              { ...report.clip, id: clip ?? '', projectId: site.projectId, type: DataclipType.GLOBAL },
            ],
            workOrders: [
              {
                ...report.workOrder,
                id: workOrder ?? '',
                workflowId: site.workflowId,
                dataclipId: dataclips[report.workOrder.dataclip ?? 2],
                insertedAt: moment(1),
              },
            ],
            runs: [{ ...report.run, id: run ?? '', workOrderId: workOrder ?? '' }],
            steps: [
              {
                ...report.step,
                id: step ?? '',
                jobId: site.jobId,
                outputDataclipId: dataclips[report.step.output ?? 2],
              },
            ],
          }));
        const [apart, together] = [ids(), ids()];
        await record(service, sent(apart));
        const batches = sent(together);
        const answer = await record(service, [
          {
            dataclips: batches.flatMap((batch) => batch.dataclips ?? []),
            workOrders: batches.flatMap((batch) => batch.workOrders ?? []),
            runs: batches.flatMap((batch) => batch.runs ?? []),
            steps: batches.flatMap((batch) => batch.steps ?? []),
          },
        ]);
        expect(answer.runs).toMatchObject({
          inserted: 1n,
          unchanged: BigInt(given.length - 1),
          rejected: 0n,
        });
        expect(await left(together)).toEqual(await left(apart));
      }),
      { numRuns: 30 },
    );
  });
});

const ids = () => Array.from({ length: 4 }, () => randomUUID());

/** What is stored under the ids, but for the ids and the time of the test. */
function left(of: readonly string[]): Promise<unknown> {
  return rows(
    service,
    `select clip.name, clip.body, w.state as work_order, w.last_activity, w.dataclip_id, r.state as run, r.priority,
            r.started_at, r.finished_at, s.exit_reason, s.started_at as step_started_at, s.output_dataclip_id,
            case when clip.inserted_at < now() - interval '1 day' then clip.inserted_at end as inserted_at
     from dataclips clip, work_orders w, runs r, steps s
     where clip.id = $1 and w.id = $2 and r.id = $3 and s.id = $4`,
    of,
  );
}
