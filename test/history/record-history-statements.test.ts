import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { startTestService } from '../support/service.ts';
import { statementsOf } from '../support/statements.ts';
import { aRun, aSite, record, type Site } from './support/engine.ts';

/** Runs of which every other one is known already, with a record that is rejected. */
function runs(site: Site, count: number) {
  const all = Array.from({ length: count }, () => aRun(site).batch);
  return {
    known: { dataclips: all.flatMap(({ dataclips }) => dataclips.slice(0, 1)) },
    batch: {
      dataclips: all.flatMap(({ dataclips }) => dataclips.map((dataclip) => ({ ...dataclip, name: 'kept' }))),
      workOrders: all.flatMap(({ workOrders }) => workOrders),
      runs: all.flatMap(({ runs: some }) => some),
      steps: all.flatMap(({ steps }) => [
        ...steps,
        ...steps.map((step) => ({ ...step, jobId: randomUUID() })),
      ]),
      runSteps: all.flatMap(({ runSteps }) => runSteps),
      logLines: all.flatMap(({ logLines }) => logLines),
    },
  };
}

it('RecordHistory sends the same statements for a batch of one run and of many', async () => {
  await using service = await startTestService({ ROLES: 'rpc' });
  const site = await aSite(service);
  const [small, large] = [runs(site, 1), runs(site, 100)];
  await record(service, [small.known, large.known]);

  const few = await statementsOf(() => record(service, [small.batch]));
  const many = await statementsOf(() => record(service, [large.batch]));
  expect(few.filter((text) => text.includes('insert into "log_lines"'))).toHaveLength(1);
  expect(few.filter((text) => text.includes('update "dataclips"'))).toHaveLength(1);
  expect(many).toEqual(few);
});
