import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import {
  DataclipType,
  RunPriority,
  RunState,
  WorkOrderState,
} from '../../src/gen/lightning/projects/v1/run_history_pb.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { aRun, aSite, moment, none, record, type Site } from './support/engine.ts';

let service: TestService;
let site: Site;
beforeAll(async () => {
  service = await startTestService();
  site = await aSite(service);
});
afterAll(() => service.close());

const tables = ['dataclips', 'work_orders', 'runs', 'steps', 'run_steps', 'log_lines'] as const;

/** All rows of a project's history, as text. */
async function everything({ projectId }: Site): Promise<unknown> {
  const of = {
    dataclips: `t.project_id = $1`,
    work_orders: `t.project_id = $1`,
    runs: `t.project_id = $1`,
    steps: `t.project_id = $1`,
    run_steps: `run_id in (select id from runs where project_id = $1)`,
    log_lines: `run_id in (select id from runs where project_id = $1)`,
  };
  const parts = tables.map(
    (table) => `select '${table}' as kind, to_jsonb(t) as row from ${table} t where ${of[table]}`,
  );
  return await rows(service, `${parts.join(' union all ')} order by 1, 2`, [projectId]);
}

async function row<Row extends Record<string, unknown>>(table: string, id: string): Promise<Row | undefined> {
  const [found] = await rows<Row>(service, `select * from ${table} where id = $1`, [id]);
  return found;
}

describe('RecordHistory', () => {
  it('stores one of everything, which the lists then show', async () => {
    const { ids, batch } = aRun(site);
    const answer = await record(service, [batch]);

    const one = { ...none, inserted: 1n };
    expect(answer).toMatchObject({
      dataclips: { ...none, inserted: 2n },
      workOrders: one,
      runs: one,
      steps: one,
      runSteps: one,
      logLines: one,
      rejectedRecords: [],
    });
    const resources = service.client(ResourcesService, service.admin);
    const { projectId } = site;
    expect((await resources.listWorkOrders({ projectId })).workOrders).toMatchObject(batch.workOrders);
    expect((await resources.listRuns({ projectId })).runs).toMatchObject([
      { ...batch.runs[0], priority: RunPriority.NORMAL },
    ]);
    expect((await resources.listSteps({ projectId })).steps).toMatchObject(batch.steps);
    expect((await resources.listRunSteps({ projectId, runIds: [ids.run] })).runSteps).toMatchObject([
      { runId: ids.run, stepId: ids.step },
    ]);
    expect(await row('dataclips', ids.input)).toMatchObject({ body: { n: 1 }, request: {}, wiped_at: null });
    expect(await row('log_lines', ids.line)).toMatchObject({
      run_id: ids.run,
      step_id: ids.step,
      source: 'JOB',
      level: 'info',
      message: 'hi',
    });
  });

  it('cuts off what is finer than a microsecond, so that the last moment there is comes back in every list', async () => {
    const own = await aSite(service);
    const last = { seconds: 253_402_300_799n, nanos: 999_999_999 };
    const late = { insertedAt: last };
    const ended = { ...late, startedAt: last, finishedAt: last };
    const { ids, batch } = aRun(own);
    const answer = await record(service, [
      {
        dataclips: batch.dataclips.map((dataclip) => ({ ...dataclip, ...late })),
        workOrders: batch.workOrders.map((workOrder) => ({ ...workOrder, ...late, lastActivity: last })),
        runs: batch.runs.map((run) => ({ ...run, ...ended })),
        steps: batch.steps.map((step) => ({ ...step, ...ended })),
        runSteps: batch.runSteps.map((runStep) => ({ ...runStep, ...late })),
        logLines: batch.logLines.map((line) => ({ ...line, timestamp: last })),
      },
    ]);
    expect(answer.rejectedRecords).toEqual([]);

    const resources = service.client(ResourcesService, service.admin);
    const { projectId } = own;
    const kept = { seconds: 253_402_300_799n, nanos: 999_999_000 };
    const keptEnds = { insertedAt: kept, startedAt: kept, finishedAt: kept };
    const active = await resources.listWorkOrders({ projectId, lastActivityFrom: kept });
    expect(active.workOrders).toMatchObject([{ insertedAt: kept, lastActivity: kept }]);
    expect((await resources.listWorkOrders({ projectId })).workOrders).toHaveLength(1);
    expect((await resources.listRuns({ projectId })).runs).toMatchObject([keptEnds]);
    expect((await resources.listSteps({ projectId })).steps).toMatchObject([keptEnds]);
    const { runSteps } = await resources.listRunSteps({ projectId, runIds: [ids.run] });
    expect(runSteps).toMatchObject([{ insertedAt: kept }]);
    const { dataclips } = await resources.listDataclips({ projectId });
    expect(dataclips).toMatchObject([{ insertedAt: kept }, { insertedAt: kept }]);
    const found = await rows(service, `select timestamp::text from log_lines where id = $1`, [ids.line]);
    expect(found).toEqual([{ timestamp: '9999-12-31 23:59:59.999999+00' }]);
  });

  it('finds in later batches what earlier ones stored', async () => {
    const { batch } = aRun(site);
    const answer = await record(service, [
      { dataclips: batch.dataclips },
      { workOrders: batch.workOrders },
      { runs: batch.runs },
      { steps: batch.steps },
      { runSteps: batch.runSteps },
      { logLines: batch.logLines },
    ]);
    expect(answer.rejectedRecords).toEqual([]);
    expect(answer.logLines).toMatchObject({ inserted: 1n });
  });

  it('leaves everything as it is when a batch comes again, in whatever case its ids are, and tells nobody', async () => {
    const own = await aSite(service);
    const { batch } = aRun(own);
    await record(service, [batch]);
    const before = await everything(own);
    const shout = JSON.parse(
      JSON.stringify(batch, (key, value) =>
        typeof value === 'bigint' ? `${value}n` : /id$/i.test(key) ? value.toUpperCase() : value,
      ),
      (_, value) => (/^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value),
    );
    const answer = await record(service, [batch, shout]);

    const same = { ...none, unchanged: 2n };
    expect(answer).toMatchObject({
      dataclips: { ...none, unchanged: 4n },
      runs: same,
      steps: same,
      logLines: same,
    });
    expect(await everything(own)).toEqual(before);
    const told = await rows(
      service,
      `select from events where project_id = $1 and kind = 'history_recorded'`,
      [own.projectId],
    );
    expect(told).toHaveLength(1);
  });

  it('tells what it stored once for each batch and project, in numbers', async () => {
    const [one, other] = [await aSite(service), await aSite(service)];
    const [first, second] = [aRun(one).batch, aRun(other).batch];
    const logLines = Array.from({ length: 30 }, () => ({
      ...first.logLines[0],
      id: randomUUID(),
      stepId: undefined,
    }));
    const both = {
      dataclips: [...first.dataclips, ...second.dataclips],
      workOrders: [...first.workOrders, ...second.workOrders],
      runs: [...first.runs, ...second.runs],
      logLines,
    };
    await record(
      service,
      [
        both,
        { dataclips: first.dataclips.map((dataclip) => ({ ...dataclip, body: '{}' })) },
        { runs: second.runs },
      ],
      { headers: { 'x-request-id': 'a-stream' } },
    );

    const trail = await rows(
      service,
      `select kind, project_id, item_type, item_id, changes, method from audit_events
       where request_id = 'a-stream' order by id`,
    );
    const told = { kind: 'history_recorded', item_type: 'project', method: 'HistoryService.RecordHistory' };
    const of = ({ projectId }: Site) => ({ ...told, project_id: projectId, item_id: projectId });
    const inserted = (number: number) => ({ inserted: number, updated: 0 });
    const numbers = { dataclips: inserted(2), work_orders: inserted(1), runs: inserted(1) };
    const expected = [
      { ...of(one), changes: { ...numbers, log_lines: inserted(30) } },
      { ...of(other), changes: numbers },
      { ...of(one), changes: { dataclips: { inserted: 0, updated: 2 } } },
    ];
    // Of one batch the projects come in no order.
    expect(trail).toEqual(expect.arrayContaining(expected));
    expect(trail).toHaveLength(expected.length);
  });

  it('takes what is given of a known record and keeps the rest', async () => {
    const { ids, batch } = aRun(site);
    const [run, step, workOrder] = [batch.runs[0], batch.steps[0], batch.workOrders[0]];
    await record(service, [
      {
        dataclips: batch.dataclips,
        workOrders: [{ ...workOrder, state: WorkOrderState.PENDING }],
        runs: [
          {
            id: ids.run,
            workOrderId: ids.workOrder,
            state: RunState.AVAILABLE,
            priority: RunPriority.IMMEDIATE,
          },
        ],
        steps: [{ id: ids.step, jobId: site.jobId, inputDataclipId: ids.input }],
      },
    ]);
    const made = await row('runs', ids.run);
    const answer = await record(service, [
      {
        runs: [{ ...run, dataclipId: undefined }],
        steps: [{ ...step, inputDataclipId: undefined }],
        workOrders: [{ ...workOrder, dataclipId: undefined, lastActivity: undefined }],
      },
    ]);

    const changed = { ...none, updated: 1n };
    expect(answer).toMatchObject({ runs: changed, steps: changed, workOrders: changed });
    expect(await row('runs', ids.run)).toMatchObject({
      state: 'success',
      priority: 0,
      starting_trigger_id: site.triggerId,
      dataclip_id: null,
      inserted_at: made?.inserted_at,
    });
    expect(await row('steps', ids.step)).toMatchObject({
      input_dataclip_id: ids.input,
      output_dataclip_id: ids.output,
      exit_reason: 'success',
    });
    expect(await row('work_orders', ids.workOrder)).toMatchObject({
      dataclip_id: ids.input,
      state: 'success',
    });
  });

  it('never takes a run back, and leaves one alone that has ended', async () => {
    const { ids, batch } = aRun(site);
    const run = { id: ids.run, workOrderId: ids.workOrder };
    await record(service, [
      { ...batch, runs: [{ ...run, state: RunState.STARTED }], steps: [], runSteps: [], logLines: [] },
    ]);
    await record(service, [{ runs: [{ ...run, state: RunState.CLAIMED, startedAt: moment(3) }] }]);
    expect(await row('runs', ids.run)).toMatchObject({ state: 'started', started_at: expect.any(Date) });

    await record(service, [{ runs: [{ ...run, state: RunState.CRASHED }] }]);
    for (const state of [RunState.AVAILABLE, RunState.SUCCESS, RunState.LOST]) {
      const answer = await record(service, [{ runs: [{ ...run, state, finishedAt: moment(9) }] }]);
      expect(answer.runs).toMatchObject({ ...none, unchanged: 1n });
    }
    expect(await row('runs', ids.run)).toMatchObject({ state: 'crashed', finished_at: null });
  });

  it('lets a work order end otherwise when it was tried again, and not by a report that is older', async () => {
    const { ids, batch } = aRun(site);
    const workOrder = { id: ids.workOrder, workflowId: site.workflowId };
    const send = async (state: WorkOrderState, seconds?: number) => {
      const lastActivity = seconds === undefined ? undefined : moment(seconds);
      await record(service, [{ workOrders: [{ ...workOrder, state, lastActivity }] }]);
      return (await row('work_orders', ids.workOrder))?.state;
    };
    await record(service, [{ dataclips: batch.dataclips }]);

    expect(await send(WorkOrderState.RUNNING, 1)).toBe('running');
    expect(await send(WorkOrderState.PENDING, 2)).toBe('running');
    expect(await send(WorkOrderState.FAILED, 3)).toBe('failed');
    expect(await send(WorkOrderState.RUNNING, 4)).toBe('failed');
    expect(await send(WorkOrderState.SUCCESS)).toBe('failed');
    expect(await send(WorkOrderState.SUCCESS, 5)).toBe('success');
    expect(await send(WorkOrderState.FAILED, 3)).toBe('success');
  });

  it('fills in the times that are not given, and begins the last activity of a work order with its making', async () => {
    const { ids } = aRun(site);
    const workOrder = { id: ids.workOrder, workflowId: site.workflowId, state: WorkOrderState.PENDING };
    await record(service, [{ workOrders: [{ ...workOrder, insertedAt: moment(0) }] }]);
    const [times] = await rows(
      service,
      `select last_activity = inserted_at as same, inserted_at < now() - interval '1 day' as old
       from work_orders where id = $1`,
      [ids.workOrder],
    );
    expect(times).toEqual({ same: true, old: true });

    await record(service, [
      { runs: [{ id: ids.run, workOrderId: ids.workOrder, state: RunState.AVAILABLE }] },
    ]);
    const [run] = await rows(
      service,
      `select now() - inserted_at < interval '1 minute' as fresh from runs where id = $1`,
      [ids.run],
    );
    expect(run).toEqual({ fresh: true });
  });

  it('takes no activity before the making for the last one, be it of the same batch or of a later one', async () => {
    for (const isApart of [false, true]) {
      const { ids } = aRun(site);
      const workOrder = { id: ids.workOrder, workflowId: site.workflowId, state: WorkOrderState.PENDING };
      const reports = [
        { ...workOrder, insertedAt: moment(1) },
        { ...workOrder, lastActivity: moment(0) },
      ];
      await record(
        service,
        isApart ? reports.map((one) => ({ workOrders: [one] })) : [{ workOrders: reports }],
      );
      const [times] = await rows(
        service,
        'select last_activity = inserted_at as same from work_orders where id = $1',
        [ids.workOrder],
      );
      expect(times).toEqual({ same: true });
    }
  });

  it('takes steps whose job is gone, and finds their project as soon as anything says it', async () => {
    const own = await aSite(service);
    const { ids, batch } = aRun(own);
    const gone = randomUUID();
    const orphan = { id: ids.step, jobId: gone };
    const lonely = { id: randomUUID(), jobId: gone };
    await record(service, [{ ...batch, steps: [orphan, lonely], logLines: [] }]);
    expect(await row('steps', ids.step)).toMatchObject({ project_id: own.projectId });
    expect(await row('steps', lonely.id)).toMatchObject({ project_id: null });

    await record(service, [{ steps: [{ ...lonely, inputDataclipId: ids.input }] }]);
    expect(await row('steps', lonely.id)).toMatchObject({ project_id: own.projectId });
  });

  it('keeps nothing that a dataclip holds where the policy is to erase all', async () => {
    const own = await aSite(service);
    await rows(service, `update projects set retention_policy = 'erase_all' where id = $1`, [own.projectId]);
    const { ids, batch } = aRun(own);
    await record(service, [batch]);
    const wiped = { body: null, request: null, wiped_at: expect.any(Date) };
    expect(await row('dataclips', ids.input)).toMatchObject(wiped);

    await rows(service, `update projects set retention_policy = 'retain_all' where id = $1`, [own.projectId]);
    const answer = await record(service, [{ dataclips: batch.dataclips }]);
    expect(answer.dataclips).toMatchObject({ ...none, unchanged: 2n });
    expect(await row('dataclips', ids.input)).toMatchObject(wiped);
  });

  it('records a dataclip as wiped there also when what it holds comes in a later batch', async () => {
    const own = await aSite(service);
    await rows(service, `update projects set retention_policy = 'erase_all' where id = $1`, [own.projectId]);
    const clip = { id: randomUUID(), projectId: own.projectId, type: DataclipType.GLOBAL };
    await record(service, [{ dataclips: [clip] }]);
    expect(await row('dataclips', clip.id)).toMatchObject({ body: null, wiped_at: null });

    const answer = await record(service, [{ dataclips: [{ ...clip, body: '1' }] }]);

    expect(answer.dataclips).toMatchObject({ ...none, updated: 1n });
    expect(await row('dataclips', clip.id)).toMatchObject({ body: null, wiped_at: expect.any(Date) });
  });

  it('keeps what a dataclip held before the policy became to erase all', async () => {
    const own = await aSite(service);
    const { ids, batch } = aRun(own);
    await record(service, [batch]);
    await rows(service, `update projects set retention_policy = 'erase_all' where id = $1`, [own.projectId]);

    const answer = await record(service, [{ dataclips: batch.dataclips }]);

    expect(answer.dataclips).toMatchObject({ ...none, unchanged: 2n });
    expect(await row('dataclips', ids.input)).toMatchObject({ body: { n: 1 }, wiped_at: null });
  });

  it('stores bodies of several MiB and any JSON value', async () => {
    const [large, text] = [randomUUID(), randomUUID()];
    const body = JSON.stringify({
      rows: Array.from({ length: 60_000 }, (_, n) => ({ n, text: `"é\\ ${n} 🎈` })),
    });
    expect(Buffer.byteLength(body)).toBeGreaterThan(2 << 20);
    const dataclip = { projectId: site.projectId, type: DataclipType.GLOBAL };
    await record(service, [
      {
        dataclips: [
          { ...dataclip, id: large, body },
          { ...dataclip, id: text, body: '"{,}\\""' },
        ],
      },
    ]);
    expect(await row('dataclips', large)).toMatchObject({ body: JSON.parse(body) });
    expect(await row('dataclips', text)).toMatchObject({ body: '{,}"' });
  });

  it('stores a full batch, and refuses one that has a record more', async () => {
    const { ids, batch } = aRun(site);
    await record(service, [batch]);
    const logLines = Array.from({ length: 5000 }, (_, n) => ({
      id: randomUUID(),
      runId: ids.run,
      timestamp: moment(n),
      message: `line ${n}, "quoted" \\ {and} more`,
    }));
    const answer = await record(service, [{ logLines }]);
    expect(answer.logLines).toMatchObject({ ...none, inserted: 5000n });
    const refused = await refusal(
      record(service, [{ logLines: [] }, { logLines: [...logLines, ...logLines.slice(0, 1)] }]),
    );
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', fields: { log_lines: 'MAX_ITEMS' } });
  });

  it('keeps the batches before one that fails', async () => {
    const { ids, batch } = aRun(site);
    const tooMany = { logLines: Array.from({ length: 5001 }, () => ({})) };
    await refusal(record(service, [batch, tooMany]));
    expect(await row('runs', ids.run)).toMatchObject({ state: 'success' });
  });

  it('takes the same records from several streams at once, in whatever order they are', async () => {
    const own = await aSite(service);
    const all = Array.from({ length: 40 }, () => aRun(own).batch);
    const of = (some: typeof all) => ({
      dataclips: some.flatMap(({ dataclips }) => dataclips),
      workOrders: some.flatMap(({ workOrders }) => workOrders),
      runs: some.flatMap(({ runs }) => runs),
      steps: some.flatMap(({ steps }) => steps),
      runSteps: some.flatMap(({ runSteps }) => runSteps),
      logLines: some.flatMap(({ logLines }) => logLines),
    });
    const [batch, reversed] = [of(all), of(all.toReversed())];
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => record(service, [index % 2 === 0 ? batch : reversed])),
    );
    expect(answers.flatMap(({ rejectedRecords }) => rejectedRecords)).toEqual([]);
    for (const kind of ['workOrders', 'runs', 'steps', 'runSteps', 'logLines'] as const) {
      const inserted = answers.map((answer) => answer[kind]?.inserted ?? 0n);
      expect(
        inserted.reduce((sum, number) => sum + number),
        kind,
      ).toBe(40n);
    }
  });
});
