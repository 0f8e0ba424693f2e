import type { MessageInitShape } from '@bufbuild/protobuf';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeToken } from '../../src/events/event-position.ts';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { type ProjectEvent, ProjectEventKind } from '../../src/gen/lightning/projects/v1/project_event_pb.ts';
import type {
  WatchProjectsRequestSchema,
  WatchProjectsResponse,
} from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { holdBack } from '../support/held-connection.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  MembersService,
  ProjectsService,
  serviceToken,
  startTestService,
  type TestService,
} from '../support/service.ts';
import { statementsOf } from '../support/statements.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

interface Watch extends AsyncDisposable {
  readonly events: ProjectEvent[];
  /** After each event. */
  readonly tokens: string[];
  readonly token: string;
  readonly error: unknown;
}

/** Watches until it is disposed of; resolves when the first heartbeat has come. */
async function watch(
  request: MessageInitShape<typeof WatchProjectsRequestSchema> = {},
  token = service.admin,
  of: TestService = service,
  kind: 'client' | 'httpClient' = 'client',
): Promise<Watch> {
  const leave = new AbortController();
  const begun = Promise.withResolvers<void>();
  const state = {
    events: [] as ProjectEvent[],
    tokens: [] as string[],
    token: '',
    error: undefined as unknown,
  };
  const reading = (async () => {
    const stream = of[kind](ProjectsService, token).watchProjects(request, { signal: leave.signal });
    for await (const { event, resumeToken } of stream) {
      if (resumeToken !== '') state.token = resumeToken;
      if (event === undefined) begun.resolve();
      else {
        state.events.push(event);
        state.tokens.push(resumeToken);
      }
    }
  })();
  reading.catch((error: unknown) => {
    state.error = error;
    begun.reject(error);
  });
  begun.promise.catch(() => {});
  await begun.promise;
  return Object.assign(state, {
    async [Symbol.asyncDispose]() {
      leave.abort();
      await reading.catch(() => {});
    },
  });
}

const admin = () => service.client(ProjectsService, service.admin);
const rename = async (id: string, name: string) => {
  await admin().updateProject({ project: { id, name }, updateMask: { paths: ['name'] } });
};
const kindsOf = (events: readonly ProjectEvent[]) => events.map(({ kind }) => kind);

describe.each(['client', 'httpClient'] as const)('A watch, by %s', (kind) => {
  it('hears of every event once, in order, and goes on where it was left', async () => {
    const { id } = await aProject(service);
    await using first = await watch({ projectIds: [id] }, service.admin, service, kind);
    for (let round = 0; round < 20; round += 1) await rename(id, `name-${kind.toLowerCase()}-${round}`);
    await expect.poll(() => first.events.length).toBe(20);
    expect(new Set(kindsOf(first.events))).toEqual(new Set([ProjectEventKind.UPDATED]));
    expect(first.events[0]).toMatchObject({ projectId: id, changedFields: ['name'] });

    // Each token goes on after its own event, also in the middle of what was committed together.
    for (const at of [0, 7, 19]) {
      await using again = await watch(
        { projectIds: [id], resumeToken: first.tokens[at] ?? '' },
        service.admin,
        service,
        kind,
      );
      expect(again.events.map(({ occurredAt }) => occurredAt)).toEqual(
        first.events.slice(at + 1).map(({ occurredAt }) => occurredAt),
      );
    }
  });
});

describe('A watch', () => {
  it('loses no event of a transaction that commits after later ones', async () => {
    const { id } = await aProject(service);
    const other = new pg.Client(service.databaseUrl);
    await other.connect();
    try {
      await using live = await watch({ projectIds: [id] });
      await other.query('begin');
      const { rows: held } = await other.query<{ id: string }>(
        `insert into events (kind, project_id, data) values ('head_appended', $1, '{"head_hash": {"after": "aaaaaaaaaaaa"}}') returning id`,
        [id],
      );
      await rename(id, 'later-and-sooner');
      await expect.poll(() => kindsOf(live.events)).toEqual([ProjectEventKind.UPDATED]);
      const [updated] = await rows<{ id: string }>(
        service,
        `select id from events where project_id = $1 and kind = 'project_updated'`,
        [id],
      );
      // The id alone as a cursor would have passed the one that is still held.
      expect(Number(updated?.id)).toBeGreaterThan(Number(held[0]?.id));
      const { token } = live;
      await other.query('commit');
      await expect
        .poll(() => kindsOf(live.events))
        .toEqual([ProjectEventKind.UPDATED, ProjectEventKind.HEAD_APPENDED]);
      expect(live.events[1]?.headHash).toBe('aaaaaaaaaaaa');

      await using resumed = await watch({ projectIds: [id], resumeToken: token });
      expect(kindsOf(resumed.events)).toEqual([ProjectEventKind.HEAD_APPENDED]);
    } finally {
      await other.end();
    }
  });

  it('is the same on another replica, and none of its events twice', async () => {
    await using replica = await startTestService({ DATABASE_URL: service.databaseUrl });
    const { id } = await aProject(service);
    await using first = await watch({ projectIds: [id] });
    for (let round = 0; round < 5; round += 1) await rename(id, `before-${round}`);
    await expect.poll(() => first.events.length).toBe(5);
    const resumeToken = first.tokens[2] ?? '';
    for (let round = 0; round < 5; round += 1) await rename(id, `after-${round}`);
    await using second = await watch({ projectIds: [id], resumeToken }, service.admin, replica);
    await expect.poll(() => second.events.length).toBe(7);
    await rename(id, 'at-last');
    await expect.poll(() => second.events.length).toBe(8);
    await expect.poll(() => first.events.length).toBe(11);
    expect(second.events).toEqual(first.events.slice(3));
  });

  it('shows a person what they may read at that moment, and nothing else', async () => {
    const [owner, member, stranger] = [await aUser(service), await aUser(service), await aUser(service)];
    const { id } = await aProject(service, { owner });
    const { id: below } = await aProject(service, {}, { parentId: id });
    await using ofOwner = await watch({}, owner.token);
    await using ofMember = await watch({}, member.token);
    await using ofStranger = await watch({ projectIds: [id] }, stranger.token);
    const members = service.client(MembersService, service.admin);

    await rename(id, 'unseen-by-the-member');
    await expect.poll(() => ofOwner.events.length).toBe(1);
    const { members: added } = await members.addMembers({
      projectId: id,
      members: [{ userId: member.id, role: Role.EDITOR }],
      notify: false,
    });
    await rename(id, 'seen');
    await rename(below, 'seen-from-the-root');
    await expect.poll(() => ofMember.events.length).toBe(3);
    await members.removeMember({ memberId: added[0]?.id ?? '' });
    await rename(id, 'unseen-again');
    await expect.poll(() => ofOwner.events.length).toBe(6);

    expect(ofMember.events.map(({ projectId, kind }) => [projectId, kind])).toEqual([
      [id, ProjectEventKind.MEMBERS_CHANGED],
      [id, ProjectEventKind.UPDATED],
      [below, ProjectEventKind.UPDATED],
    ]);
    expect(ofStranger.events).toEqual([]);
  });

  it('tells those who were members that a project is gone', async () => {
    const [owner, viewer, stranger] = [await aUser(service), await aUser(service), await aUser(service)];
    const { id } = await aProject(service, { owner, viewer });
    await using ofViewer = await watch({}, viewer.token);
    await using ofStranger = await watch({}, stranger.token);
    await admin().deleteProject({ id });
    await expect.poll(() => kindsOf(ofViewer.events)).toEqual([ProjectEventKind.DELETED]);
    expect(ofStranger.events).toEqual([]);
    await using later = await watch({ resumeToken: ofViewer.tokens[0] ?? '' }, viewer.token);
    expect(later.events).toEqual([]);
  });

  it('tells support users that a project is gone which had let them in, or whose root had', async () => {
    const supporter = await aUser(service, { supportUser: true });
    const root = await aProject(service, {}, { allowSupportAccess: true });
    const sandbox = await aProject(service, {}, { parentId: root.id });
    const closed = await aProject(service);
    await using watching = await watch({ kinds: [ProjectEventKind.DELETED] }, supporter.token);
    for (const { id } of [closed, root]) await admin().deleteProject({ id, force: true });
    await expect.poll(() => watching.events.map(({ projectId }) => projectId)).toEqual([sandbox.id, root.id]);
  });

  it('of all that stands below a project hears that some of it is gone', async () => {
    const owner = await aUser(service);
    const { id } = await aProject(service, { owner });
    const { id: below } = await aProject(service, {}, { parentId: id });
    const { id: deeper } = await aProject(service, {}, { parentId: below });
    const request = { projectIds: [id], includeDescendants: true, kinds: [ProjectEventKind.DELETED] };
    await using ofOwner = await watch(request, owner.token);
    await using ofService = await watch(request);
    await admin().deleteProject({ id: below, force: true });
    for (const { events } of [ofOwner, ofService]) {
      await expect
        .poll(() => events.map(({ projectId, parentId }) => [projectId, parentId]))
        .toEqual([
          [deeper, below],
          [below, id],
        ]);
    }
  });

  it('begins with the projects that there are', async () => {
    const [owner, supporter] = [await aUser(service), await aUser(service, { supportUser: true })];
    const root = await aProject(service, { owner }, { allowSupportAccess: true });
    const below = await aProject(service, {}, { parentId: root.id });
    const deeper = await aProject(service, {}, { parentId: below.id });
    await aProject(service);
    const present = async (...parameters: Parameters<typeof watch>) => {
      await using begun = await watch(...parameters);
      expect(new Set(kindsOf(begun.events))).toEqual(new Set([ProjectEventKind.PRESENT]));
      return begun.events.map(({ projectId }) => projectId).toSorted();
    };
    const all = [root.id, below.id, deeper.id].toSorted();
    expect(await present({ includePresent: true }, owner.token)).toEqual(all);
    const ofSupporter = await present({ includePresent: true }, supporter.token);
    expect(ofSupporter).toEqual(expect.arrayContaining(all));
    expect(await present({ includePresent: true, projectIds: [below.id] })).toEqual([below.id]);
    expect(await present({ includePresent: true, projectIds: [below.id], includeDescendants: true })).toEqual(
      [below.id, deeper.id].toSorted(),
    );
    expect((await present({ includePresent: true })).length).toBeGreaterThan(3);
  });

  it('looks once for all the projects that it begins with, however many there are', async () => {
    const owner = await aUser(service);
    const root = await aProject(service, { owner });
    await rows(
      service,
      `insert into projects (name, parent_id) select 'below-' || n, '${root.id}' from generate_series(1, 450) n`,
    );
    const looks = async (...parameters: Parameters<typeof watch>) => {
      const statements = await statementsOf(async () => {
        await using begun = await watch(...parameters);
        const ids = begun.events.map(({ projectId }) => projectId);
        expect(ids).toHaveLength(451);
        expect(ids).toEqual(ids.toSorted());
      });
      return statements.filter((text) => text.includes('recursive below'));
    };
    expect(await looks({ includePresent: true }, owner.token)).toHaveLength(1);
    expect(
      await looks({ includePresent: true, projectIds: [root.id], includeDescendants: true }),
    ).toHaveLength(1);
  });

  it('tells how far it is after 15 seconds in which things happened to others alone', async () => {
    const [{ id }, { id: other }] = [await aProject(service), await aProject(service)];
    await using quiet = await watch({ projectIds: [id] });
    const { token } = quiet;
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 15_000);
    try {
      await rename(other, 'of-no-concern');
      await expect.poll(() => quiet.token).not.toBe(token);
    } finally {
      clock.mockRestore();
    }
    expect(quiet.events).toEqual([]);
  });

  it('passes on only what its filters let through', async () => {
    const { id } = await aProject(service);
    const { id: below } = await aProject(service, {}, { parentId: id });
    await using ofKind = await watch({ kinds: [ProjectEventKind.HEAD_APPENDED], projectIds: [id] });
    await using ofAll = await watch({ projectIds: [id], includeDescendants: true });
    await rename(id, 'one-name');
    await rename(below, 'another-name');
    await admin().appendProjectHead({ projectId: id, headHash: 'abcdefabcdef' });
    await expect.poll(() => ofAll.events.length).toBe(3);
    expect(ofKind.events).toMatchObject([{ projectId: id, headHash: 'abcdefabcdef' }]);
  });

  it('refuses tokens that it did not give, or that are too old', async () => {
    await using begun = await watch();
    const refused = (resumeToken: string) => refusal(Array.fromAsync(admin().watchProjects({ resumeToken })));
    const bad = { code: 'INVALID_ARGUMENT', reason: 'BAD_RESUME_TOKEN' };
    for (const token of [
      'x',
      `${begun.token}x`,
      begun.token.slice(4),
      Buffer.from('a b c').toString('base64url'),
    ]) {
      expect(await refused(token)).toMatchObject(bad);
    }
    const old = { code: 'OUT_OF_RANGE', reason: 'RESUME_TOKEN_EXPIRED' };
    expect(await refused(writeToken({ seen: '700:700:' }, Date.now() - 8 * 86_400_000))).toMatchObject(old);
    expect(await refused(writeToken({ seen: '9000000000:9000000000:' }, Date.now()))).toMatchObject(old);
    expect(await refused(writeToken({ seen: '9:3:' }, Date.now()))).toMatchObject(bad);
    const twice = { resumeToken: begun.token, includePresent: true };
    expect(await refusal(Array.fromAsync(admin().watchProjects(twice)))).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('loses and repeats nothing of many writers, on one connection after the other', async () => {
    const projects = await Promise.all(Array.from({ length: 8 }, () => aProject(service)));
    const projectIds = projects.map(({ id }) => id);
    await using whole = await watch({ projectIds });
    let isOver = false;
    const pieces: ProjectEvent[] = [];
    const broken = (async () => {
      let resumeToken = whole.token;
      while (!isOver || pieces.length < 8 * 15) {
        await using piece = await watch({ projectIds, resumeToken });
        await expect.poll(() => isOver || piece.events.length > 0).toBe(true);
        pieces.push(...piece.events);
        resumeToken = piece.tokens.at(-1) ?? piece.token;
      }
    })();
    await Promise.all(
      projectIds.map(async (id, writer) => {
        for (let round = 0; round < 15; round += 1) await rename(id, `writer-${writer}-${round}`);
      }),
    );
    isOver = true;
    await broken;
    await expect.poll(() => whole.events.length).toBe(8 * 15);
    const keyOf = ({ projectId, occurredAt }: ProjectEvent) =>
      `${projectId} ${occurredAt?.seconds}.${occurredAt?.nanos}`;
    expect(pieces.map(keyOf).toSorted()).toEqual(whole.events.map(keyOf).toSorted());
    expect(new Set(pieces.map(keyOf)).size).toBe(8 * 15);
  });
});

describe('All watches of a process', () => {
  it('are told once what lies before and behind the loss of a connection', async () => {
    const { id } = await aProject(service);
    // Two full looks and more; the id of the last event of the first is part of what asks for the second.
    await rows(service, 'alter table events alter column id restart with 7000000001');
    await using way = await holdBack(service.databaseUrl, '7000000500');
    await using replica = await startTestService({ DATABASE_URL: way.url });
    await using live = await watch({ projectIds: [id] }, service.admin, replica);
    await rows(
      service,
      `insert into events (kind, project_id, data)
       select 'head_appended', $1, jsonb_build_object('head_hash', 'hash-' || n) from generate_series(1, 1200) n`,
      [id],
    );
    await way.held;
    way.reset();
    await expect.poll(() => live.events.at(-1)?.headHash).toBe('hash-1200');
    expect(live.events.map(({ headHash }) => headHash)).toEqual(
      Array.from({ length: 1200 }, (_, index) => `hash-${index + 1}`),
    );
  });

  it('are served by one reader, 200 as well as one', async () => {
    const { id } = await aProject(service);
    const { token } = await aUser(service, { supportUser: true });
    const tokens = [service.admin, token];
    await using all = new AsyncDisposableStack();
    const watches = await Promise.all(
      Array.from({ length: 200 }, (_, index) => watch({ projectIds: [id] }, tokens[index % tokens.length])),
    );
    for (const one of watches) all.use(one);

    const begun = performance.now();
    const statements = await statementsOf(async () => {
      await rows(service, `insert into events (kind, project_id) values ('project_created', $1)`, [id]);
      await expect.poll(() => watches.filter(({ events }) => events.length === 1).length).toBe(100);
    });
    const looks = statements.filter((text) => text.includes('pg_visible_in_snapshot'));
    expect(looks.length).toBeLessThanOrEqual((performance.now() - begun) / 40 + 1);
    // Who may read the project, for all of them at once.
    expect(statements.length - looks.length).toBe(2);
  });

  it('end for a client that has fallen too far behind, which goes on where it stopped', async () => {
    const { id } = await aProject(service);
    const { token } = await aUser(service, { superuser: true });
    const request = { projectIds: [id] };
    const slow = service
      .client(ProjectsService, await serviceToken('projects:read'))
      .watchProjects(request)
      [Symbol.asyncIterator]();
    await slow.next();
    await rows(
      service,
      `insert into events (kind, project_id, data)
       select 'head_appended', $1, jsonb_build_object('head_hash', 'hash-' || n) from generate_series(1, 60000) n`,
      [id],
    );
    // Who joins is let in when all others have been told everything.
    await using _ = await watch(request, token);
    const taken: WatchProjectsResponse[] = [];
    const behind = await refusal(
      (async () => {
        for await (const message of { [Symbol.asyncIterator]: () => slow }) taken.push(message);
      })(),
    );
    expect(behind).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'SLOW_CONSUMER' });
    const [last] = taken.slice(-1);
    expect(last?.event?.headHash).toBe(`hash-${taken.length}`);
    for await (const { event } of admin().watchProjects({
      ...request,
      resumeToken: last?.resumeToken ?? '',
    })) {
      expect(event?.headHash).toBe(`hash-${taken.length + 1}`);
      break;
    }
  });

  it.each(['client', 'httpClient'] as const)(
    'ends at once when its process stops, and goes on elsewhere (%s)',
    async (kind) => {
      const stopping = await startTestService({
        DATABASE_URL: service.databaseUrl,
        SHUTDOWN_GRACE_MS: '20000',
      });
      const { id } = await aProject(service);
      await using cut = await watch({ projectIds: [id] }, stopping.admin, stopping, kind);
      await stopping.close();
      await expect.poll(() => cut.error).toBeDefined();
      expect(await refusal(Promise.reject(cut.error))).toMatchObject({
        code: 'UNAVAILABLE',
        reason: 'SHUTTING_DOWN',
      });
      await rename(id, `meanwhile-${kind.toLowerCase()}`);
      await using again = await watch({ projectIds: [id], resumeToken: cut.token });
      expect(kindsOf(again.events)).toEqual([ProjectEventKind.UPDATED]);
    },
  );
});
