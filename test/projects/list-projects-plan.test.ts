import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectsPage } from '../../src/projects/list-projects.ts';
import { readOrder } from '../../src/projects/project-order.ts';
import { planOf } from '../support/explain.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';

const ROOT = '00000000-0000-4000-8000-000000000000';

let service: TestService;
/** 5,000 projects: every hundredth a sandbox of one root, every thousandth scheduled, every second with history. */
beforeAll(async () => {
  service = await startTestService();
  await rows(service, `insert into projects (id, name) values ($1, 'root')`, [ROOT]);
  await rows(
    service,
    `insert into projects (name, parent_id, scheduled_deletion, history_retention_period, inserted_at, updated_at)
     select md5(n::text), case when n % 100 = 0 then $1::uuid end, case when n % 1000 = 0 then now() end,
       case when n % 2 = 0 then 30 end, now() - n * interval '1 minute', now() - (n * 7919 % 5000) * interval '1 minute'
     from generate_series(1, 5000) n`,
    [ROOT],
  );
  await rows(service, 'vacuum analyze projects');
});
afterAll(() => service.close());

/** The plan of a page in the middle. */
function plan(orderBy: string, filters: Parameters<typeof projectsPage>[1] = { namePrefix: '' }) {
  const order = readOrder(orderBy);
  const value = order.by === 'name' ? '5' : '2026-01-01 00:00:00+00';
  return planOf(service, (read) => projectsPage(read, filters, order, [value, ROOT], 51));
}

it.each([
  ['name', 'Index Scan using projects_name_id_index'],
  ['name desc', 'Index Scan Backward using projects_name_id_index'],
  ['inserted_at', 'Index Scan using projects_inserted_at_id_index'],
  ['inserted_at desc', 'Index Scan Backward using projects_inserted_at_id_index'],
  ['updated_at', 'Index Scan using projects_updated_at_id_index'],
  ['updated_at desc', 'Index Scan Backward using projects_updated_at_id_index'],
])('a page by %s begins in the middle of its index', async (orderBy, scan) => {
  const found = await plan(orderBy);
  expect(found).toContain(scan);
  expect(found).toMatch(/Index Cond: .*ROW\(/);
  expect(found).not.toContain('Sort');
});

it.each([
  ['name', 'Index Scan'],
  ['name desc', 'Index Scan Backward'],
])('the sandboxes of a parent by %s come from the index of parents', async (orderBy, scan) => {
  const found = await plan(orderBy, { namePrefix: '', parentId: ROOT });
  expect(found).toContain(`${scan} using projects_parent_id_name_id_index`);
  expect(found).not.toContain('Sort');
});

it.each(['name', 'name desc'])('a beginning of names is a stretch of the index, by %s', async (orderBy) => {
  const found = await plan(orderBy, { namePrefix: '4f' });
  expect(found).toMatch(/Index Cond: .*name >= '4f'.*name < '4f~'/);
});

it('the few that are scheduled for deletion come from an index of their own', async () => {
  const found = await plan('name', { namePrefix: '', scheduledForDeletion: true });
  expect(found).toContain('projects_scheduled_deletion_index');
});

it.each([{ scheduledForDeletion: false }, { hasHistoryRetention: true }, { hasHistoryRetention: false }])(
  'what most projects have is looked at along the order: %o',
  async (filter) => {
    const found = await plan('inserted_at desc', { namePrefix: '', ...filter });
    expect(found).toContain('Index Scan Backward using projects_inserted_at_id_index');
    expect(found).not.toContain('Sort');
  },
);
