import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { expectPages, pagesOf } from '../support/pages.ts';
import { refusal } from '../support/refusal.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { aGraph, type Graph, type GraphRow } from './support/graph.ts';
import { ids } from './support/history.ts';

let service: TestService;
let graph: Graph;
let other: Graph;
beforeAll(async () => {
  service = await startTestService();
  graph = await aGraph(service);
  other = await aGraph(service);
});
afterAll(() => service.close());

const client = () => service.client(ResourcesService, service.admin);

interface Request {
  readonly projectId: string;
  readonly workflowIds?: string[];
  readonly includeDeleted?: boolean;
  readonly pageSize?: number;
  readonly pageToken?: string;
}

/** The three lists that are sorted and filtered alike. */
const lists = {
  ListJobs: {
    rows: () => graph.jobs,
    list: async (request: Request) => {
      const { jobs, nextPageToken } = await client().listJobs(request);
      return { found: ids(jobs), nextPageToken };
    },
  },
  ListTriggers: {
    rows: () => graph.triggers,
    list: async (request: Request) => {
      const { triggers, nextPageToken } = await client().listTriggers(request);
      return { found: ids(triggers), nextPageToken };
    },
  },
  ListEdges: {
    rows: () => graph.edges,
    list: async (request: Request) => {
      const { edges, nextPageToken } = await client().listEdges(request);
      return { found: ids(edges), nextPageToken };
    },
  },
};

const ofWorkflows = (list: readonly GraphRow[], workflowIds: readonly (string | undefined)[]) =>
  ids(list.filter(({ workflowId }) => workflowIds.includes(workflowId)));

describe.each(Object.entries(lists))('%s', (_, { rows: all, list }) => {
  it('sorts by workflow, then id, and leaves deleted workflows out unless they are asked for', async () => {
    const { projectId, workflowIds } = graph;

    expect((await list({ projectId })).found).toEqual(ofWorkflows(all(), workflowIds.slice(0, 2)));
    expect((await list({ projectId, includeDeleted: true })).found).toEqual(ids(all()));
  });

  it.each([1, 2, 3, 4, 7, 100])('shows each row once in pages of %i', async (pageSize) => {
    const pages = await pagesOf(
      (pageToken) => list({ projectId: graph.projectId, includeDeleted: true, pageSize, pageToken }),
      ({ found }) => found,
    );

    expectPages(pages, pageSize, ids(all()));
  });

  it('shows the workflows asked for, and nothing of other projects', async () => {
    const { projectId } = graph;
    const [first = '', second = '', deleted = ''] = graph.workflowIds;
    const asked = [second.toUpperCase(), second, deleted, randomUUID(), ...other.workflowIds];

    expect((await list({ projectId, workflowIds: asked })).found).toEqual(ofWorkflows(all(), [second]));
    expect((await list({ projectId, workflowIds: [first, deleted], includeDeleted: true })).found).toEqual(
      ofWorkflows(all(), [first, deleted]),
    );
    expect((await list({ projectId, workflowIds: [...other.workflowIds] })).found).toEqual([]);
  });

  it('refuses a token when a filter has changed', async () => {
    const { projectId, workflowIds } = graph;
    const { nextPageToken: pageToken } = await list({ projectId, pageSize: 1 });

    for (const changed of [{ workflowIds: workflowIds.slice(0, 1) }, { includeDeleted: true }]) {
      const refused = await refusal(list({ projectId, pageToken, ...changed }));
      expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', fields: { page_token: expect.any(String) } });
    }
  });
});
