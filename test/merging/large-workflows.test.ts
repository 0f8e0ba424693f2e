import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openOrm } from '../../src/database/orm.ts';
import { openSnapshot } from '../../src/database/snapshot.ts';
import { comparedPairs } from '../../src/merging/compared-pairs.ts';
import { allPairs } from '../../src/merging/read-pairs.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { statementsOf } from '../support/statements.ts';
import { aWorkspace, edit, type Sketch, type Workspace } from './support/workspace.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ ROLES: 'rpc' });
});
afterAll(() => service.close());

const none = { projectCredentialId: null, keychainCredentialId: null };

it('large workflows are compared one by one, and others have their turn in between', async () => {
  const sketch = (body: string): Sketch =>
    Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((name) => [name, { jobs: { only: body.padEnd(100_000, '/') } }]),
    );
  const { sandbox, parent, ...workspace } = await aWorkspace(service, sketch('old();'));
  await edit(workspace, sandbox, sketch('new();'));
  const orm = await openOrm({
    url: service.databaseUrl,
    poolMax: 1,
    applicationName: 'turns',
    statementTimeoutMs: 0,
  });
  await using undo = new AsyncDisposableStack();
  undo.defer(() => orm.close(true));
  const { read } = undo.use(await openSnapshot(orm, new AbortController().signal));
  const options = { credentialOf: () => none, newId: () => '' };
  let turns = 0;
  const turnsBefore: number[] = [];
  for await (const { source } of comparedPairs(read, await allPairs(read, sandbox, parent), options, true)) {
    expect(source).toBeDefined();
    turnsBefore.push(turns);
    setImmediate(() => {
      turns += 1;
    });
  }
  expect(turnsBefore).toEqual([0, 1, 2, 3]);
});

/** Six workflows of the same jobs. */
function six(jobs: Readonly<Record<string, string>>): Sketch {
  return Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name, { jobs }]));
}

/** What it sends to compare six workflows that differ. */
async function comparing({ projects, sandbox: sourceId, parent: targetId }: Workspace): Promise<string[]> {
  return await statementsOf(async () => {
    const { workflows } = await projects.compareProjects({ sourceId, targetId });
    expect(workflows).toHaveLength(6);
  });
}

it('workflows of long bodies are compared a few at a time', async () => {
  const long = '/'.repeat(300_000);
  const workspace = await aWorkspace(service, six({ long, short: 'old();' }));
  await edit(workspace, workspace.sandbox, six({ long, short: 'new();' }));
  const statements = await comparing(workspace);
  expect(statements.filter((text) => /adaptor, body.* from jobs/s.test(text))).toHaveLength(3);
});

it('what long bodies were before both sides changed is read a few at a time', async () => {
  const workspace = await aWorkspace(service, six({ only: randomBytes(300_000).toString('hex') }));
  await edit(workspace, workspace.sandbox, six({ only: 'sandbox();' }));
  await edit(workspace, workspace.parent, six({ only: 'parent();' }));
  const statements = await comparing(workspace);
  expect(
    statements.filter(
      (text) => /s\.jobs.* join workflow_snapshots s/s.test(text) && !/pg_column_size/.test(text),
    ),
  ).toHaveLength(6);
});

it('workflows of long bodies are merged a few at a time', async () => {
  const sketch = (line: string): Sketch =>
    Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((name) => [name, { jobs: { only: `${line}\n`.repeat(60_000) } }]),
    );
  const workspace = await aWorkspace(service, sketch('0123456789'));
  const { projects, sandbox: sandboxId, parent: targetId } = workspace;
  await edit(workspace, sandboxId, sketch('9876543210'));
  const statements = await statementsOf(() => projects.mergeSandbox({ sandboxId, targetId }));
  expect(statements.filter((text) => /update jobs/.test(text))).toHaveLength(2);
  expect((await projects.compareProjects({ sourceId: sandboxId, targetId })).workflows).toEqual([]);
});
