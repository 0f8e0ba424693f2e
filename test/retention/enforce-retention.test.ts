import { mkdir, mkdtemp, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MaintenanceService } from '../../src/gen/lightning/projects/v1/maintenance_service_pb.ts';
import { OperationState } from '../../src/gen/lightning/projects/v1/operation_pb.ts';
import { OperationsService } from '../../src/gen/lightning/projects/v1/operations_service_pb.ts';
import { aRun, aSite, record } from '../history/support/engine.ts';
import { bringForward } from '../support/jobs.ts';
import { rows } from '../support/rows.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';

const open = new AsyncDisposableStack();
let service: TestService;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enforce-'));
  open.defer(() => rm(folder, { recursive: true }));
  service = open.use(
    await startTestService({ FILE_STORE_URL: pathToFileURL(folder).href, ACTIVITY_CLEANUP_CHUNK_SIZE: '3' }),
  );
});

afterAll(() => open.disposeAsync());

/** A project in which things ran long ago, with a file of that time; it keeps history for seven days. */
async function anOldProject(): Promise<string> {
  const site = await aSite(service);
  await record(
    service,
    Array.from({ length: 4 }, () => aRun(site).batch),
  );
  await rows(service, 'update projects set history_retention_period = 7 where id = $1', [site.projectId]);
  await rows(
    service,
    `insert into project_files (project_id, type, path, inserted_at) values ($1, 'archive', $2, '2025-01-01')`,
    [site.projectId, `${site.projectId}.zip`],
  );
  return site.projectId;
}

async function enforce(projectId: string): Promise<string> {
  const { operations } = await service
    .client(MaintenanceService, service.admin)
    .enforceRetention({ projectId });
  return operations[0]?.id ?? '';
}

async function operation(id: string) {
  const { operation } = await service.client(OperationsService, service.admin).getOperation({ id });
  return operation;
}

describe('EnforceRetention, by a worker', () => {
  it('deletes what is due, object by object and row by row, and tells how many', async () => {
    const projectId = await anOldProject();
    await writeFile(join(folder, `${projectId}.zip`), 'bytes');

    const id = await enforce(projectId);

    await expect
      .poll(() => operation(id))
      // Of each run a work order, a run, its link to a step, the step, a log line, two dataclips; and the file.
      .toMatchObject({ state: OperationState.SUCCEEDED, done: 29n, total: 29n });
    expect(await readdir(folder)).toEqual([]);
    const left = await rows(
      service,
      `select 1 from work_orders where project_id = $1 union all select 1 from dataclips where project_id = $1
       union all select 1 from steps where project_id = $1 union all select 1 from project_files where project_id = $1`,
      [projectId],
    );
    expect(left).toEqual([]);
    const { auditEvents } = await service
      .client(ProjectsService, service.admin)
      .listAuditEvents({ projectId, kinds: ['history_deleted'] });
    expect(new Set(auditEvents.map(({ method }) => method))).toEqual(
      new Set(['MaintenanceService.EnforceRetention']),
    );
    expect(auditEvents[0]?.changes).toMatchObject([
      { field: 'project_files', after: { kind: { value: 1 } } },
    ]);
  });

  it('says what is wrong with the files, and goes on once that is mended', async () => {
    const projectId = await anOldProject();
    const obstacle = join(folder, `${projectId}.zip`);
    await mkdir(obstacle);

    const id = await enforce(projectId);
    await expect
      .poll(async () => (await operation(id))?.error)
      .toMatchObject({ reason: 'FILE_STORE_REFUSED', message: expect.stringContaining('FILE_STORE_URL') });
    await rmdir(obstacle);
    await bringForward(service);

    await expect.poll(() => operation(id)).toMatchObject({ state: OperationState.SUCCEEDED, done: 29n });
  });
});
