import { afterAll, beforeAll, expect, it } from 'vitest';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { chain, exportDocument, importDocument, newProject, projectDocument } from './support/documents.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

/** Rows of each kind that others have. */
const OTHERS = 1500;

/** What many other projects hold, known to the planner. */
async function fill(): Promise<void> {
  for (const statement of [
    `insert into users (email) select 'other-' || n || '@example.org' from generate_series(1, ${OTHERS}) n`,
    `insert into credentials (user_id, name, schema) select id, 'c', 'raw' from users`,
    `insert into projects (name) select 'other-' || n from generate_series(1, ${OTHERS}) n`,
    `insert into project_credentials (project_id, credential_id)
     select p.id, c.id from (select id, row_number() over () from projects) p
     join (select id, row_number() over () from credentials) c using (row_number)`,
    `insert into collections (project_id, name) select id, 'c' from projects`,
    `insert into project_heads (project_id, position, hash) select id, 1, '0123456789ab' from projects`,
    `insert into workflows (project_id, name) select id, 'w' from projects`,
    `insert into jobs (workflow_id, name, adaptor, body) select id, 'j', 'x', '' from workflows`,
    `insert into triggers (workflow_id) select id from workflows`,
    `insert into workflow_edges (workflow_id, source_trigger_id, target_job_id)
     select w.id, t.id, j.id from workflows w join triggers t on t.workflow_id = w.id join jobs j on j.workflow_id = w.id`,
    `insert into workflow_versions (workflow_id, hash, source) select id, '0123456789ab', 'app' from workflows`,
    `insert into workflow_snapshots (workflow_id, lock_version, name) select id, 1, name from workflows`,
    'analyze',
  ]) {
    await rows(service, statement);
  }
}

interface Reads {
  readonly name: string;
  /** Rows that were read without an index so far. */
  readonly scanned: number;
  /** How often an index was used so far. */
  readonly probes: number;
}

/** A session tells of what it read when it ends at the latest. */
async function readsByTable(): Promise<Map<string, Reads>> {
  const found = await rows<Reads>(
    service,
    `select relname as name, seq_tup_read::int as scanned, coalesce(idx_scan, 0)::int as probes
     from pg_stat_user_tables`,
  );
  return new Map(found.map((reads) => [reads.name, reads]));
}

it('what imports and exports read does not grow with what other projects hold', async () => {
  await fill();
  const before = await readsByTable();

  const credentials =
    'credentials:\n  k: {name: c, owner: other-1@example.org}\n  l: {name: new, owner: new@example.org}\n';
  const using = chain('one', ['a', 'b']).replace('body:', 'credential: k\n        body:');
  const collections = 'collections: {c: {name: c}}\n';
  const first = credentials + collections + projectDocument(using, chain('two', ['a']));
  const projectId = await newProject(service, first);
  const second = projectDocument(chain('one', ['a', 'c'], { body: 'changed();' }), chain('three', ['a']));
  await importDocument(service, second, { projectId });
  await importDocument(service, second, { projectId, prune: true });
  await exportDocument(service, projectId);
  const snapshots = await rows<{ id: string }>(
    service,
    `select distinct on (workflow_id) s.id from workflow_snapshots s join workflows w on w.id = s.workflow_id
     where w.project_id = $1`,
    [projectId],
  );
  await exportDocument(
    service,
    projectId,
    snapshots.map(({ id }) => id),
  );
  await service.application.close();

  const after = await readsByTable();
  const since = (name: string, kind: 'scanned' | 'probes') =>
    (after.get(name)?.[kind] ?? 0) - (before.get(name)?.[kind] ?? 0);
  expect([...after.keys()].filter((name) => since(name, 'scanned') >= OTHERS)).toEqual([]);
  expect(since('workflow_snapshots', 'probes')).toBeGreaterThan(0);
});
