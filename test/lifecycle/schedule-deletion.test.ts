import { randomUUID } from 'node:crypto';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { aChain, addTriggers, datesFrom, enabledTriggers } from './support/tree.ts';

const DAYS = 7;

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ PURGE_DELETED_AFTER_DAYS: String(DAYS), ROLES: 'rpc' });
});
afterAll(() => service.close());

const projects = (token = service.admin) => service.client(ProjectsService, token);

async function triggersIn(ids: readonly string[]): Promise<boolean[][]> {
  return await Promise.all(ids.map((id) => enabledTriggers(service, id)));
}

async function toldOf(ids: readonly string[]): Promise<string[]> {
  const found = await rows<{ kind: string }>(
    service,
    `select kind from events where project_id = any($1) and kind like 'project_deletion%' order by id`,
    [ids],
  );
  return found.map(({ kind }) => kind);
}

describe.each(['client', 'httpClient'] as const)('ScheduleProjectDeletion over the %s', (way) => {
  it('gives a project and all below it a date in whole seconds, and disables their triggers', async () => {
    const owner = await aUser(service);
    const ids = await aChain(service, 5, { owner });
    for (const id of ids) await addTriggers(service, id);
    const [top = ''] = ids;

    const from = Date.now();
    const answer = await service[way](ProjectsService, owner.token).scheduleProjectDeletion({ id: top });
    const until = Date.now();

    expect(answer).toMatchObject({ scheduledProjectCount: 5, disabledTriggerCount: 5 });
    const date = answer.project?.scheduledDeletion;
    if (date === undefined) throw new Error('there is no date');
    const due = timestampDate(date).getTime() - DAYS * 86_400_000;
    expect(due).toBeGreaterThan(from - 1000);
    expect(due).toBeLessThanOrEqual(until);
    expect(date.nanos).toBe(0);
    expect(await datesFrom(service, ids)).toEqual(Array(5).fill(top));
    expect(await triggersIn(ids)).toEqual(Array(5).fill([false, false]));
    expect(await toldOf(ids)).toEqual(Array(5).fill('project_deletion_scheduled'));
    expect(answer.project?.etag).toBe((await projects().getProject({ id: top })).project?.etag);
  });

  it('and CancelProjectDeletion leave a project as it was, but for its etag', async () => {
    const owner = await aUser(service);
    const { id } = await aProject(service, { owner });
    await addTriggers(service, id);
    const own = service[way](ProjectsService, owner.token);
    const { project: before } = await own.getProject({ id });

    await own.scheduleProjectDeletion({ id });
    const { project, restoredTriggerCount } = await own.cancelProjectDeletion({ id, restoreTriggers: true });

    expect(restoredTriggerCount).toBe(1);
    expect(await triggersIn([id])).toEqual([[true, false]]);
    expect(project?.etag).not.toBe(before?.etag);
    expect({ ...project, etag: '', updatedAt: undefined }).toEqual({
      ...before,
      etag: '',
      updatedAt: undefined,
    });
  });
});

describe('ScheduleProjectDeletion', () => {
  it('keeps the first date, and tells nobody again', async () => {
    const { id } = await aProject(service);
    const { project: first } = await projects().scheduleProjectDeletion({ id });
    const again = await projects().scheduleProjectDeletion({ id });
    expect(again).toMatchObject({ scheduledProjectCount: 0, disabledTriggerCount: 0 });
    expect(again.project).toEqual(first);
    expect(await toldOf([id])).toEqual(['project_deletion_scheduled']);
  });

  it('only checks with validate_only, and answers as it would', async () => {
    const { id } = await aProject(service);
    await addTriggers(service, id);
    const { project, ...counts } = await projects().scheduleProjectDeletion({ id, validateOnly: true });
    expect(project?.scheduledDeletion).toBeDefined();
    expect(counts).toMatchObject({ scheduledProjectCount: 1, disabledTriggerCount: 1 });
    expect(await datesFrom(service, [id])).toEqual([null]);
    expect(await triggersIn([id])).toEqual([[true, false]]);
    expect(await toldOf([id])).toEqual([]);
  });

  it('leaves a sandbox alone whose deletion has begun', async () => {
    const [top = '', sandbox = ''] = await aChain(service, 2);
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [sandbox]);
    const { scheduledProjectCount } = await projects().scheduleProjectDeletion({ id: top });
    expect(scheduledProjectCount).toBe(1);
    expect(await datesFrom(service, [top, sandbox])).toEqual([top, null]);
  });

  it('ends where parents run in a circle', async () => {
    const ids = await aChain(service, 2);
    await rows(service, 'update projects set parent_id = $2 where id = $1', ids);
    const { scheduledProjectCount } = await projects().scheduleProjectDeletion({ id: ids[0] ?? '' });
    expect(scheduledProjectCount).toBe(2);
  });

  it('refuses a stale etag', async () => {
    const { id, etag } = await aProject(service);
    await projects().updateProject({ project: { id, requiresMfa: true } });
    const stale = projects().scheduleProjectDeletion({ id, etag });
    expect(await refusal(stale)).toMatchObject({
      code: 'ABORTED',
      reason: 'ETAG_MISMATCH',
      message: expect.stringMatching(/^etag is not the present one/),
    });
  });

  it('makes no version of a workflow: nobody edited one', async () => {
    const { id } = await aProject(service);
    await addTriggers(service, id);
    const { headHash } = await projects().getProjectHead({ projectId: id });
    await projects().scheduleProjectDeletion({ id });
    expect((await projects().getProjectHead({ projectId: id })).headHash).toBe(headHash);
  });
});

describe('CancelProjectDeletion', () => {
  it('leaves triggers disabled unless they are to be restored, and forgets them then', async () => {
    const { id } = await aProject(service);
    await addTriggers(service, id);
    await projects().scheduleProjectDeletion({ id });
    const changed = `select t.updated_at > t.inserted_at as is_changed
      from triggers t join workflows w on w.id = t.workflow_id where w.project_id = $1 order by t.type = 'cron'`;
    expect(await rows(service, changed, [id])).toEqual([{ is_changed: true }, { is_changed: false }]);
    expect(await projects().cancelProjectDeletion({ id })).toMatchObject({ restoredTriggerCount: 0 });
    expect(await triggersIn([id])).toEqual([[false, false]]);

    await projects().scheduleProjectDeletion({ id });
    const { restoredTriggerCount } = await projects().cancelProjectDeletion({ id, restoreTriggers: true });
    expect(restoredTriggerCount).toBe(0);
    expect(await triggersIn([id])).toEqual([[false, false]]);
  });

  it('keeps the date of a sandbox that was scheduled on its own', async () => {
    const [top = '', middle = '', low = ''] = await aChain(service, 3);
    for (const id of [top, middle, low]) await addTriggers(service, id);
    await projects().scheduleProjectDeletion({ id: middle });
    await projects().scheduleProjectDeletion({ id: top });
    expect(await datesFrom(service, [top, middle, low])).toEqual([top, middle, middle]);
    expect(await refusal(projects().cancelProjectDeletion({ id: low }))).toMatchObject({
      reason: 'PARENT_PENDING_DELETION',
      metadata: { project_id: top },
    });

    const { restoredTriggerCount } = await projects().cancelProjectDeletion({
      id: top,
      restoreTriggers: true,
    });
    expect(restoredTriggerCount).toBe(1);
    expect(await datesFrom(service, [top, middle, low])).toEqual([null, middle, middle]);

    await projects().cancelProjectDeletion({ id: middle, restoreTriggers: true });
    expect(await datesFrom(service, [top, middle, low])).toEqual([null, null, null]);
    expect(await triggersIn([top, middle, low])).toEqual(Array(3).fill([true, false]));
    const once = ['project_deletion_scheduled', 'project_deletion_cancelled'];
    for (const id of [top, middle, low]) expect(await toldOf([id])).toEqual(once);
  });

  it.each(['its own', "its parent's"])(
    'is refused below a project that waits, for a date of %s',
    async (whose) => {
      const [top = '', sandbox = ''] = await aChain(service, 2);
      if (whose === 'its own') await projects().scheduleProjectDeletion({ id: sandbox });
      await projects().scheduleProjectDeletion({ id: top });
      expect(await refusal(projects().cancelProjectDeletion({ id: sandbox }))).toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'PARENT_PENDING_DELETION',
        subjects: [`projects/${top}`],
        metadata: { project_id: top },
      });
    },
  );

  it('leaves a project that is not scheduled as it is', async () => {
    const { id } = await aProject(service);
    const { project: before } = await projects().getProject({ id });
    const { project } = await projects().cancelProjectDeletion({ id });
    expect(project).toEqual(before);
    expect(await toldOf([id])).toEqual([]);
  });

  it('clears a date that an older version set, which knew of no scheduling', async () => {
    const { id } = await aProject(service);
    await rows(service, 'update projects set scheduled_deletion = now() where id = $1', [id]);
    expect((await projects().cancelProjectDeletion({ id })).project?.scheduledDeletion).toBeUndefined();
  });

  it('refuses a stale etag', async () => {
    const { id, etag } = await aProject(service);
    await projects().scheduleProjectDeletion({ id });
    expect(await refusal(projects().cancelProjectDeletion({ id, etag }))).toMatchObject({
      code: 'ABORTED',
      reason: 'ETAG_MISMATCH',
    });
  });
});

describe('ValidateProjectDeletion', () => {
  it('answers with the project whose name was typed', async () => {
    const { id, name } = await aProject(service);
    const { project } = await projects().validateProjectDeletion({ id, nameConfirmation: name });
    expect(project?.id).toBe(id);
  });

  it.each(['upper case', 'a blank', 'another'])('refuses %s', async (what) => {
    const { id, name } = await aProject(service);
    const typed = { 'upper case': name.toUpperCase(), 'a blank': `${name} `, another: randomUUID() }[what];
    const refused = await refusal(projects().validateProjectDeletion({ id, nameConfirmation: typed ?? '' }));
    expect(refused).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { name_confirmation: 'NAME_MISMATCH' },
    });
    expect(refused.message).toContain("doesn't match the project name");
  });
});
