import { randomUUID } from 'node:crypto';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filterBy, isWithin, passes } from '../support/filters.ts';
import { expectPages, pagesOf } from '../support/pages.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';

const seed = Date.now();
let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const client = (token = service.admin) => service.client(ProjectsService, token);

describe('ListAuditEvents', () => {
  it('ends a page where the changes exceed 2 MiB together, but always shows one entry', async () => {
    const { id: projectId } = await aProject(service);
    await rows(
      service,
      `insert into audit_events (kind, item_type, item_id, project_id, method, changes, inserted_at)
       select 'project_updated', 'project', $1, $1, 'Test',
              jsonb_build_object('description', jsonb_build_object('before', null, 'after', repeat('x', size))),
              now() + place * interval '1 second'
       from unnest($2::int[]) with ordinality as given (size, place)`,
      [projectId, [1, 3_200_000, 900_000, 900_000, 900_000]],
    );

    const pages = await pagesOf(
      (pageToken) => client().listAuditEvents({ projectId, pageToken, kinds: ['project_updated'] }),
      ({ auditEvents }) =>
        auditEvents.map(({ changes: [change] }) =>
          change?.after?.kind.case === 'stringValue' ? change.after.kind.value.length : undefined,
        ),
    );

    expect(pages).toEqual([[900_000, 900_000], [900_000], [3_200_000], [1]]);
  });

  it('tells who changed what, how and when, the newest first', async () => {
    const owner = await aUser(service);
    const { id } = await aProject(service, { owner }, { description: 'old' });
    const headers = { 'x-request-id': `test-${id}` };
    await client(owner.token).updateProject(
      { project: { id, description: 'new', requiresMfa: true } },
      { headers },
    );
    await client(owner.token).updateProject({ project: { id }, updateMask: { paths: ['description'] } });

    const { auditEvents } = await client(owner.token).listAuditEvents({ projectId: id.toUpperCase() });

    expect(auditEvents).toMatchObject([
      { kind: 'project_updated', changes: [{ field: 'description', before: value('new') }] },
      {
        kind: 'project_updated',
        itemType: 'project',
        itemId: id,
        projectId: id,
        actorUserId: owner.id,
        service: '',
        method: 'ProjectsService.UpdateProject',
        requestId: `test-${id}`,
      },
      { kind: 'project_created', actorUserId: '', service: 'test-projects:admin' },
    ]);
    expect(auditEvents[0]?.changes[0]?.after).toBeUndefined();
    const changes = auditEvents[1]?.changes.toSorted((a, b) => (a.field < b.field ? -1 : 1));
    expect(changes).toMatchObject([
      { field: 'description', before: value('old'), after: value('new') },
      { field: 'requires_mfa', before: value(false), after: value(true) },
    ]);
    const moments = auditEvents.map(
      ({ insertedAt }) => Number(insertedAt?.seconds) * 1e9 + (insertedAt?.nanos ?? 0),
    );
    expect(moments).toEqual(moments.toSorted((a, b) => b - a));
    expect(Math.abs(Date.now() - (moments[0] ?? 0) / 1e6)).toBeLessThan(60_000);
  });

  it('shows what has no past, such as a list, as what it is now', async () => {
    const { id: projectId } = await aProject(service);
    await rows(
      service,
      `insert into audit_events (kind, item_type, item_id, project_id, method, changes) values
         ('project_imported', 'project', $1, $1, 'm', '{"created": {"jobs": 2}, "after": {"after": null}, "empty": {}}')`,
      [projectId],
    );

    const { auditEvents } = await client().listAuditEvents({ projectId, kinds: ['project_imported'] });

    const changes = Object.fromEntries(auditEvents[0]?.changes.map((change) => [change.field, change]) ?? []);
    expect(changes.created?.after?.kind).toMatchObject({
      case: 'structValue',
      value: { fields: { jobs: value(2) } },
    });
    expect(changes.after?.after).toBeUndefined();
    expect(changes.empty?.after?.kind.case).toBe('structValue');
  });

  it(`pages through what passes its filters, whatever they are (seed ${seed})`, async () => {
    await using own = await startTestService();
    const projectIds = [(await aProject(own)).id, (await aProject(own)).id, ''] as const;
    const people = [randomUUID(), randomUUID(), ''] as const;
    const kinds = ['project_updated', 'members_changed', 'head_appended', 'never'] as const;
    const start = Date.UTC(2020, 0, 1);
    const event = fc.record({
      id: fc.uuid(),
      at: fc.nat({ max: 10 }),
      projectId: fc.constantFrom(...projectIds),
      userId: fc.constantFrom(...people),
      kind: fc.constantFrom(...kinds.slice(0, 3)),
    });
    const made = fc.sample(event, { seed, numRuns: 150 });
    await rows(
      own,
      `insert into audit_events (id, kind, item_type, item_id, project_id, actor_id, method, inserted_at)
       select id, kind, 'project', id, nullif("projectId", '')::uuid, nullif("userId", '')::uuid, 'm',
         to_timestamp($1::float8 / 1000 + at)
       from jsonb_to_recordset($2::jsonb) as row (id uuid, kind text, "projectId" text, "userId" text, at int)`,
      [start, JSON.stringify(made)],
    );
    const filters = fc.record({
      projectId: fc.constantFrom(...projectIds),
      userId: fc.constantFrom(...people),
      kinds: filterBy<string>(kinds, 4),
      from: fc.option(fc.integer({ min: -1, max: 11 }), { nil: undefined }),
      before: fc.integer({ min: -1, max: 11 }),
      pageSize: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(300)),
    });
    const moment = (at: number) => timestampFromDate(new Date(start + at * 1000));
    await fc.assert(
      fc.asyncProperty(filters, async ({ projectId, userId, kinds, from, before, pageSize }) => {
        const bounds = {
          ...(from === undefined ? {} : { insertedFrom: moment(from) }),
          insertedBefore: moment(before),
        };
        const request = { projectId, userId, kinds, ...bounds, pageSize };
        const pages = await pagesOf(
          (pageToken) => own.client(ProjectsService, own.admin).listAuditEvents({ ...request, pageToken }),
          ({ auditEvents }) => auditEvents.map(({ id }) => id),
        );
        const expected = made
          .filter((one) => projectId === '' || one.projectId === projectId)
          .filter((one) => userId === '' || one.userId === userId)
          .filter(({ kind }) => passes(kinds, kind))
          .filter(({ at }) => isWithin(at, from, before))
          .toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
          .map(({ id }) => id);
        expectPages(pages, pageSize, expected);
      }),
      { seed, numRuns: 60 },
    );
  });

  it('refuses a token when a filter has changed', async () => {
    const { nextPageToken: pageToken } = await client().listAuditEvents({ pageSize: 1 });

    expect(await refusal(client().listAuditEvents({ pageToken, kinds: ['project_created'] }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { page_token: expect.any(String) },
    });
  });
});

describe('The audit trail of a project', () => {
  it('outlives it: superusers and services still read it, others learn nothing of it', async () => {
    const [superuser, owner] = [await aUser(service, { superuser: true }), await aUser(service)];
    const projectId = randomUUID();
    await rows(
      service,
      `insert into audit_events (kind, item_type, item_id, project_id, method)
       values ('project_deleted', 'project', $1, $1, 'm')`,
      [projectId],
    );

    for (const token of [superuser.token, service.admin]) {
      const { auditEvents } = await client(token).listAuditEvents({ projectId });
      expect(auditEvents).toMatchObject([{ kind: 'project_deleted', projectId }]);
    }
    expect(await refusal(client(owner.token).listAuditEvents({ projectId }))).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'PROJECT_NOT_FOUND',
    });
    expect(await refusal(client(service.reader).listAuditEvents({ projectId }))).toMatchObject({
      code: 'PERMISSION_DENIED',
    });
  });

  it('of all projects together is for superusers and services alone', async () => {
    const [superuser, owner] = [await aUser(service, { superuser: true }), await aUser(service)];

    expect((await client(superuser.token).listAuditEvents({ pageSize: 1 })).auditEvents).toHaveLength(1);
    expect(await refusal(client(owner.token).listAuditEvents({}))).toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'SUPERUSER_REQUIRED',
    });
  });
});

/** As a google.protobuf.Value. */
function value(of: string | boolean | number) {
  const kinds = { string: 'stringValue', boolean: 'boolValue', number: 'numberValue' };
  const type = typeof of;
  if (type !== 'string' && type !== 'boolean' && type !== 'number') throw new Error(`no ${type}`);
  return { kind: { case: kinds[type], value: of } };
}
