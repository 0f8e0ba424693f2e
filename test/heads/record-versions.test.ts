import { randomUUID } from 'node:crypto';
import type { MikroORM } from '@mikro-orm/postgresql';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runChange } from '../../src/database/change.ts';
import { openOrm } from '../../src/database/orm.ts';
import { type NewVersion, recordVersions } from '../../src/heads/record-versions.ts';
import { type LatestVersion, type VersionSourceName, versionStep } from '../../src/heads/version-rules.ts';
import { createTestDatabase, execute, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let orm: MikroORM;

beforeAll(async () => {
  database = await createTestDatabase();
  orm = await openOrm({ url: database.url, poolMax: 2, applicationName: 'tests', statementTimeoutMs: 0 });
});

afterAll(async () => {
  await orm.close(true);
  await database.close();
});

/** A project's workflows, none of them with a version. */
async function someWorkflows(count: number): Promise<string[]> {
  const found = await execute(
    database.url,
    `with project as (insert into projects (name) values ('versions') returning id)
     insert into workflows (project_id, name)
     select id, 'flow ' || n from project, generate_series(1, ${count}) n returning id`,
  );
  return found.map(({ id }) => String(id));
}

async function aWorkflow(): Promise<string> {
  const [id = ''] = await someWorkflows(1);
  return id;
}

/** Records each list in a transaction of its own. */
async function record(source: VersionSourceName, ...lists: readonly (readonly NewVersion[])[]) {
  const author = { actorId: null, service: 'tests', method: 'Tests.Record', requestId: 'a-request' };
  return await runChange(orm, author, new AbortController().signal, async (unit) => {
    const answers = [];
    for (const list of lists) answers.push(await recordVersions(unit, source, list));
    const itemId = randomUUID();
    unit.record({ kind: 'workflow_version_recorded', projectId: null, itemType: 'workflow', itemId });
    return answers;
  });
}

/** `source:hash` of a workflow's versions, the oldest first. */
async function history(workflowId: string): Promise<string[]> {
  const found = await execute(
    database.url,
    `select source || ':' || hash as version from workflow_versions
     where workflow_id = '${workflowId}' order by inserted_at, id`,
  );
  return found.map(({ version }) => String(version));
}

describe('recordVersions', () => {
  it('leaves of a row of edits the first and the last', async () => {
    const workflowId = await aWorkflow();
    for (const digit of ['1', '2', '3', '4']) {
      await record('app', [{ workflowId, hash: digit.repeat(12) }]);
    }
    expect(await history(workflowId)).toEqual(['app:111111111111', 'app:444444444444']);
  });

  it('keeps what another source recorded', async () => {
    const workflowId = await aWorkflow();
    await record('app', [{ workflowId, hash: '111111111111' }]);
    await record('cli', [{ workflowId, hash: '222222222222' }]);
    await record('cli', [{ workflowId, hash: '333333333333' }]);
    await record('app', [{ workflowId, hash: '333333333333' }]);
    expect(await history(workflowId)).toEqual(['app:111111111111', 'cli:333333333333', 'app:333333333333']);
  });

  it('answers with the version that was recorded, or with the one that made it needless', async () => {
    const workflowId = await aWorkflow();
    const version = { workflow_id: workflowId, hash: '111111111111', source: 'app' };
    const [first] = await record('app', [{ workflowId, hash: '111111111111' }]);
    const [again] = await record('app', [{ workflowId, hash: '111111111111' }]);

    expect(first?.get(workflowId)).toMatchObject({ recorded: true, version });
    expect(again?.get(workflowId)).toEqual({ ...first?.get(workflowId), recorded: false });
    expect(await history(workflowId)).toEqual(['app:111111111111']);
  });

  it('records nothing for a deleted workflow, and has no answer for it', async () => {
    const [kept = '', gone = ''] = await someWorkflows(2);
    await execute(database.url, `update workflows set deleted_at = now() where id = '${gone}'`);
    const unknown = randomUUID();
    const ids = [kept, gone, unknown];
    const [answer] = await record(
      'cli',
      ids.map((workflowId) => ({ workflowId, hash: '111111111111' })),
    );

    expect([...(answer?.keys() ?? [])]).toEqual([kept]);
    expect(await history(gone)).toEqual([]);
  });

  it('sorts the later one after the earlier one also within a transaction', async () => {
    const workflowId = await aWorkflow();
    const hashes = ['1', '2', '3', '4', '5', '6', '7'].map((digit) => digit.repeat(12));
    await record('app', ...hashes.map((hash) => [{ workflowId, hash }]));
    expect(await history(workflowId)).toEqual(['app:111111111111', 'app:777777777777']);
  });

  it('sorts a new one last although the clock stepped back', async () => {
    const workflowId = await aWorkflow();
    await execute(
      database.url,
      `insert into workflow_versions (workflow_id, hash, source, inserted_at)
       values ('${workflowId}', '111111111111', 'app', now() + interval '1 day')`,
    );
    await record('cli', [{ workflowId, hash: '222222222222' }]);
    await record('app', [{ workflowId, hash: '333333333333' }]);
    expect(await history(workflowId)).toEqual(['app:111111111111', 'cli:222222222222', 'app:333333333333']);
  });

  it('follows the rules for many workflows at once, whatever was recorded before', async () => {
    const source = fc.constantFrom<VersionSourceName>('app', 'cli');
    const hash = fc.constantFrom('111111111111', '222222222222', '333333333333');
    const batch = fc.record({ source, hashes: fc.array(fc.option(hash), { minLength: 3, maxLength: 3 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 8 }), async (batches) => {
        const ids = await someWorkflows(3);
        const expected = ids.map((): string[] => []);
        for (const { source, hashes } of batches) {
          const versions = hashes.flatMap((hash, index) =>
            hash === null ? [] : [{ workflowId: ids[index] ?? '', hash }],
          );
          await record(source, versions);
          hashes.forEach((hash, index) => {
            if (hash !== null) recordInModel(expected[index] ?? [], source, hash);
          });
        }
        expect(await Promise.all(ids.map(history))).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });
});

function recordInModel(versions: string[], source: VersionSourceName, hash: string): void {
  const [latestSource, latestHash = ''] = versions.at(-1)?.split(':') ?? [];
  const latest: LatestVersion | undefined =
    latestSource === undefined
      ? undefined
      : { source: latestSource === 'app' ? 'app' : 'cli', hash: latestHash, first: versions.length === 1 };
  const step = versionStep(latest, hash, source);
  if (step === 'replace') versions.pop();
  if (step !== 'keep') versions.push(`${source}:${hash}`);
}
