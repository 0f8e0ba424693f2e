import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { expectPages, pagesOf } from '../support/pages.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  ProjectsService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const client = (user: TestUser) => service.client(ProjectsService, user.token);

/** Writes workflows that last changed at these seconds of 1970; a minus is a deleted one's. */
async function workflowsAt(projectId: string, moments: readonly number[]): Promise<void> {
  await rows(
    service,
    `insert into workflows (project_id, name, updated_at, deleted_at)
     select $1, 'Workflow ' || n, to_timestamp(abs(at)), case when at < 0 then now() end
     from unnest($2::int[]) with ordinality as row (at, n)`,
    [projectId, moments],
  );
}

describe('GetProjectsOverview', () => {
  it('counts members and workflows and tells the latest change, deleted workflows left out', async () => {
    const [user, one, two] = [await aUser(service), await aUser(service), await aUser(service)];
    const busy = await aProject(service, { owner: one, admin: two, viewer: user }, { name: 'a-busy' });
    const empty = await aProject(service, { owner: user }, { name: 'b-empty' });
    const emptied = await aProject(service, { owner: user }, { name: 'c-emptied' });
    await workflowsAt(busy.id, [10, 30, 20, -40]);
    await workflowsAt(emptied.id, [-10]);

    const { projects } = await client(user).getProjectsOverview({});

    expect(projects).toMatchObject([
      {
        id: busy.id,
        name: 'a-busy',
        role: Role.VIEWER,
        supportAccess: false,
        collaboratorsCount: 3,
        workflowsCount: 3,
        lastUpdatedAt: { seconds: 30n, nanos: 0 },
      },
      { id: empty.id, role: Role.OWNER, collaboratorsCount: 1, workflowsCount: 0 },
      { id: emptied.id, role: Role.OWNER, collaboratorsCount: 1, workflowsCount: 0 },
    ]);
    expect(projects.slice(1).map(({ lastUpdatedAt }) => lastUpdatedAt)).toEqual([undefined, undefined]);
  });

  it('tells what is seen through support access; a membership counts for more', async () => {
    await using own = await startTestService();
    const [support, owner] = [await aUser(own, { supportUser: true }), await aUser(own)];
    await aProject(own, { owner }, { name: 'a-seen', allowSupportAccess: true });
    await aProject(own, { owner, editor: support }, { name: 'b-member', allowSupportAccess: true });

    const { projects } = await own.client(ProjectsService, support.token).getProjectsOverview({});

    expect(projects).toMatchObject([
      { name: 'a-seen', role: Role.UNSPECIFIED, supportAccess: true, collaboratorsCount: 1 },
      { name: 'b-member', role: Role.EDITOR, supportAccess: false, collaboratorsCount: 2 },
    ]);
  });

  it('sorts by name or by the latest change, either way, page by page, and what has none comes last', async () => {
    const user = await aUser(service);
    const moments = { a: [30], b: [], c: [10, 20], d: [30, 5], e: [], f: [-90, 1], g: [-1] };
    const id: Record<string, string> = {};
    for (const [name, at] of Object.entries(moments)) {
      const project = await aProject(service, { owner: user }, { name });
      id[name] = project.id;
      await workflowsAt(project.id, at);
    }
    const byId = (...names: string[]) =>
      names.toSorted((one, other) => ((id[one] ?? '') < (id[other] ?? '') ? -1 : 1));
    const dated = [...byId('a', 'd')];
    const undated = byId('b', 'e', 'g');
    const expected = {
      '': Object.keys(moments),
      name: Object.keys(moments),
      'name desc': Object.keys(moments).toReversed(),
      last_updated_at: ['f', 'c', ...dated, ...undated],
      'last_updated_at desc': [...dated.toReversed(), 'c', 'f', ...undated.toReversed()],
    };

    for (const [orderBy, order] of Object.entries(expected)) {
      for (const pageSize of [1, 2, 3, 50]) {
        const pages = await pagesOf(
          (pageToken) => client(user).getProjectsOverview({ orderBy, pageSize, pageToken }),
          ({ projects }) => projects.map(({ name }) => name),
        );
        expectPages(pages, pageSize, order);
      }
    }
  });

  it('refuses an order that there is not, and a token when the order has changed', async () => {
    const user = await aUser(service);
    await aProject(service, { owner: user });
    await aProject(service, { owner: user });
    const { nextPageToken: pageToken } = await client(user).getProjectsOverview({ pageSize: 1 });

    expect(await refusal(client(user).getProjectsOverview({ orderBy: 'role' }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { order_by: 'PATTERN' },
    });
    expect(
      await refusal(client(user).getProjectsOverview({ pageToken, orderBy: 'name desc' })),
    ).toMatchObject({ code: 'INVALID_ARGUMENT', fields: { page_token: expect.any(String) } });
  });
});
