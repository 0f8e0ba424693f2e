import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type EnforceRetentionResponse,
  MaintenanceService,
} from '../../src/gen/lightning/projects/v1/maintenance_service_pb.ts';
import { OperationKind, OperationState } from '../../src/gen/lightning/projects/v1/operation_pb.ts';
import { queuedJobs } from '../support/jobs.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, startTestService, type TestService } from '../support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService({ ROLES: 'rpc' });
});

afterAll(() => service.close());

const maintenance = () => service.client(MaintenanceService, service.admin);

/** Seconds until the operation's turn comes. */
async function dueIn(operationId: string | undefined): Promise<number[]> {
  const jobs = await queuedJobs(service);
  return jobs.filter(({ payload }) => payload.operationId === operationId).map(({ due_in }) => due_in);
}

describe('Retention of one project', () => {
  const aProjectWithPeriod = () => aProject(service, {}, { historyRetentionPeriod: 30 });

  it('begins at once, and once', async () => {
    const { id: projectId, name } = await aProjectWithPeriod();
    const superuser = await aUser(service, { superuser: true });

    const first = await service
      .httpClient(MaintenanceService, superuser.token)
      .enforceRetention({ projectId });

    expect(first).toMatchObject({
      operationCount: 1,
      operations: [
        {
          kind: OperationKind.ENFORCE_RETENTION,
          projectId,
          projectName: name,
          state: OperationState.PENDING,
          actorUserId: superuser.id,
        },
      ],
    });
    expect(await maintenance().enforceRetention({ projectId })).toMatchObject({
      operationCount: 1,
      operations: [{ id: first.operations[0]?.id }],
    });
    const [due, ...others] = await dueIn(first.operations[0]?.id);
    expect(others).toEqual([]);
    expect(due).toBeLessThanOrEqual(0);
  });

  it('no longer waits for its place in the hour', async () => {
    const { id: projectId } = await aProjectWithPeriod();
    await rows(
      service,
      `insert into operations (kind, project_id, state) values ('enforce_retention', $1, 'succeeded')`,
      [projectId],
    );
    await maintenance().enforceRetention({});

    const { operations } = await maintenance().enforceRetention({ projectId });

    const [due, ...others] = await dueIn(operations[0]?.id);
    expect(others).toEqual([]);
    expect(due).toBeLessThanOrEqual(0);
  });

  it('has nothing to do without a period, and is NOT_FOUND without a project', async () => {
    const { id: projectId } = await aProject(service);
    expect(await maintenance().enforceRetention({ projectId })).toMatchObject({
      operationCount: 0,
      operations: [],
    });
    const { id: going } = await aProjectWithPeriod();
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [going]);
    for (const id of [randomUUID(), going]) {
      expect(await refusal(maintenance().enforceRetention({ projectId: id }))).toMatchObject({
        reason: 'PROJECT_NOT_FOUND',
      });
    }
  });
});

describe('Retention of all projects', () => {
  let answer: EnforceRetentionResponse;
  const PROJECTS = 2500;

  beforeAll(async () => {
    await rows(
      service,
      `insert into projects (name, history_retention_period)
       select 'many', case when n <= ${PROJECTS} then 30 end from generate_series(1, ${PROJECTS + 100}) n`,
    );
    await rows(
      service,
      `insert into projects (name, history_retention_period, deletion_started_at) values ('going', 30, now())`,
    );
    answer = await maintenance().enforceRetention({});
  });

  it('is started for each that has a period, and answers with the first thousand', async () => {
    const [started] = await rows(
      service,
      `select count(*)::int as projects from operations join projects on projects.id = project_id
       where kind = 'enforce_retention' and name = 'many'`,
    );
    expect(started).toEqual({ projects: PROJECTS });
    expect(answer.operationCount).toBeGreaterThanOrEqual(PROJECTS);
    expect(answer.operations).toHaveLength(1000);
    expect(
      await rows(
        service,
        `select 1 from operations join projects on projects.id = project_id
      where name = 'going'`,
      ),
    ).toEqual([]);
  });

  it('is spread over the hour', async () => {
    const due = (await queuedJobs(service)).map(({ due_in }) => due_in).filter((seconds) => seconds > 0);
    expect(Math.max(...due)).toBeLessThanOrEqual(3600);
    // Of so many, hundreds fall on each sixth of the hour.
    for (let sixth = 0; sixth < 6; sixth += 1) {
      const count = due.filter((seconds) => Math.floor(seconds / 600) === sixth).length;
      expect(count).toBeGreaterThan(PROJECTS / 10);
    }
  });

  it('is not started again while it is under way', async () => {
    const { operationCount } = await maintenance().enforceRetention({});
    expect(operationCount).toBe(answer.operationCount);
    const [started] = await rows(
      service,
      `select count(*)::int - count(distinct project_id)::int as twice from operations where state = 'pending'`,
    );
    expect(started).toEqual({ twice: 0 });
  });
});

describe('A purge', () => {
  /** A project with the date of its deletion, so many days from now, or without. */
  async function scheduled(days: number | null, parentId: string | null = null): Promise<string> {
    const id = randomUUID();
    await rows(
      service,
      `insert into projects (id, name, parent_id, scheduled_deletion)
       values ($1, $2, $3, now() + $4 * interval '1 day')`,
      [id, `p-${id}`, parentId, days],
    );
    return id;
  }

  it('is started for the top of each subtree whose date has come', async () => {
    const due = await scheduled(-1);
    await scheduled(-1, await scheduled(-1, due));
    await scheduled(1);
    await scheduled(null);
    const sandboxOfKept = await scheduled(-2, await scheduled(null));
    const sandboxOfLater = await scheduled(-3, await scheduled(5));

    const { operations } = await maintenance().purgeDeletedProjects({});

    expect(operations.map(({ projectId }) => projectId)).toEqual([sandboxOfLater, sandboxOfKept, due]);
    expect(new Set(operations.map(({ kind }) => kind))).toEqual(new Set([OperationKind.PURGE_PROJECT]));
    const again = await maintenance().purgeDeletedProjects({});
    expect(again.operations.map(({ id }) => id)).toEqual(operations.map(({ id }) => id));
  });

  it('is for superusers and services alone', async () => {
    const { token } = await aUser(service);
    const stranger = service.client(MaintenanceService, token);
    expect(await refusal(stranger.purgeDeletedProjects({}))).toMatchObject({ reason: 'SUPERUSER_REQUIRED' });
    expect(await refusal(stranger.enforceRetention({}))).toMatchObject({ reason: 'SUPERUSER_REQUIRED' });
  });
});
