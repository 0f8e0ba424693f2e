import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PageKey } from '../../src/call/page-token.ts';
import type { Queries } from '../../src/database/queries.ts';
import { type OperationFilters, operationsPage } from '../../src/operations/operations-page.ts';
import { createTestDatabase, execute } from '../support/database.ts';
import { openReads } from '../support/explain.ts';

const [projectId, userId] = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'];
const LIMIT = 11;
/** Most blocks of 8 KiB of a page that is read from one stretch of an index, and from several. */
const [ONE, SEVERAL] = [20, 100];

const open = new AsyncDisposableStack();
let read: Queries;
beforeAll(async () => {
  const database = open.use(await createTestDatabase());
  await execute(
    database.url,
    // A third each: first those of the project, then those of a person, then others.
    `insert into operations (kind, project_id, actor_id, state, inserted_at)
     select case n % 2 when 0 then 'enforce_retention' else 'purge_project' end,
       case when n <= 10000 then '${projectId}'::uuid else gen_random_uuid() end,
       case when n between 10001 and 20000 then '${userId}'::uuid end,
       'succeeded', '2026-01-01'::timestamptz + n * interval '1 second'
     from generate_series(1, 30000) n`,
    'analyze operations',
  );
  ({ read } = open.use(await openReads(database.url)));
});
afterAll(() => open.disposeAsync());

function page(filters: OperationFilters, after?: PageKey, limit = LIMIT) {
  return operationsPage(filters, { from: undefined, before: undefined, after, limit });
}

async function executed(...query: Parameters<typeof page>): Promise<{ plan: string; blocks: number }> {
  const { rows } = await sql<{
    'QUERY PLAN': string;
  }>`explain (analyze, buffers, timing off) ${page(...query)}`.execute(read);
  const plan = rows.map((line) => line['QUERY PLAN']).join('\n');
  const [, hit = 0, fetched = 0] = /Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?/.exec(plan) ?? [];
  return { plan, blocks: Number(hit) + Number(fetched) };
}

it.each([
  ['of a project', 'operations_project_id_inserted_at_id_index', ONE, { projectId, actorId: null }],
  ['of a person', 'operations_actor_id_inserted_at_id_index', ONE, { projectId: '', actorId: userId }],
  ['of everybody', 'operations_kind_inserted_at_id_index', SEVERAL, { projectId: '', actorId: null }],
] as const)(
  'A page far down among 10,000 operations %s costs what the first one costs',
  async (_, index, most, of) => {
    const filters = { ...of, kinds: [], states: [] };
    const first10000 = await page(filters, undefined, 9990).execute(read);
    const last = first10000.rows.at(-1);
    if (last === undefined) throw new Error('no operations');

    const atFirst = await executed(filters);
    const atLast = await executed(filters, [last.inserted_at, last.id]);

    for (const { plan, blocks } of [atFirst, atLast]) {
      expect(plan).toContain(index);
      expect(plan).not.toContain('Seq Scan');
      expect(blocks).toBeGreaterThan(0);
      expect(blocks).toBeLessThan(most);
    }
  },
);
