import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headHash } from '../support/head-hash.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { chain, importDocument, newProject, projectDocument } from './support/documents.ts';
import { storedHashes } from './support/stored-hashes.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

interface Version {
  readonly workflow_id: string;
  readonly name: string;
  readonly hash: string;
  readonly source: string;
}

async function versions(projectId: string): Promise<Version[]> {
  return await rows<Version>(
    service,
    `select v.workflow_id, w.name, v.hash, v.source from workflow_versions v join workflows w on w.id = v.workflow_id
     where w.project_id = $1 order by w.name, v.inserted_at`,
    [projectId],
  );
}

async function snapshots(projectId: string) {
  return await rows<{ name: string; lock_version: number; jobs: { name: string; body: string }[] }>(
    service,
    `select s.name, s.lock_version, s.jobs from workflow_snapshots s join workflows w on w.id = s.workflow_id
     where w.project_id = $1 order by s.name, s.lock_version`,
    [projectId],
  );
}

async function heads(projectId: string): Promise<string[]> {
  const found = await rows<{ hash: string }>(
    service,
    'select hash from project_heads where project_id = $1 order by position',
    [projectId],
  );
  return found.map(({ hash }) => hash);
}

/** A workflow with everything that a hash may depend on. */
const rich = `  rich:
    name: rich
    jobs:
      a: {name: B, adaptor: x, body: "b\\n\\n"}
      b: {name: a, adaptor: y, body: "\\u2028"}
    triggers:
      webhook: {type: webhook, webhook_reply: custom, webhook_response_config: {success_code: 1.50, b: {c: [-0, 1e3]}}}
      cron: {type: cron, cron_expression: "0 0 * * *", cron_cursor_job: b, enabled: false}
    edges:
      1: {source_trigger: webhook, target_job: a, condition_type: js_expression, condition_expression: "x > 1", condition_label: l}
      2: {source_job: a, target_job: b, condition_type: on_job_failure, enabled: false}
`;

describe('an import', () => {
  it('gives each workflow a version of what is stored, made by the command line', async () => {
    const projectId = await newProject(service, projectDocument(chain('w', ['a', 'b']), rich));
    const made = await versions(projectId);
    expect(new Map(made.map(({ workflow_id, hash }) => [workflow_id, hash]))).toEqual(
      await storedHashes(service, projectId),
    );
    expect(made.map(({ source }) => source)).toEqual(['cli', 'cli']);
  });

  it('gives a version and a snapshot to what it changes, and to nothing else', async () => {
    const projectId = await newProject(service, projectDocument(chain('one', ['a']), chain('two', ['a'])));
    const first = await versions(projectId);
    await importDocument(
      service,
      projectDocument(chain('one', ['a'], { body: 'changed();' }), chain('two', ['a'])),
      {
        projectId,
      },
    );
    const second = await versions(projectId);
    expect(second.map(({ name }) => name)).toEqual(['one', 'one', 'two']);
    expect([second[0], second[2]]).toEqual(first);
    expect(second[1]?.hash).toBe((await storedHashes(service, projectId)).get(second[1]?.workflow_id ?? ''));

    const kept = await snapshots(projectId);
    expect(kept.map(({ name, lock_version }) => [name, lock_version])).toEqual([
      ['one', 1],
      ['one', 2],
      ['two', 1],
    ]);
    expect(kept.map(({ jobs }) => jobs[0]?.body)).toEqual([
      'fn(state => state);',
      'changed();',
      'fn(state => state);',
    ]);
  });

  it('replaces its own last version, but never the first', async () => {
    const projectId = await newProject(service, projectDocument(chain('w', ['a'])));
    for (const body of ['second();', 'third();']) {
      await importDocument(service, projectDocument(chain('w', ['a'], { body })), { projectId });
    }
    const found = await versions(projectId);
    expect(found).toHaveLength(2);
    expect(found[1]?.hash).toBe((await storedHashes(service, projectId)).get(found[1]?.workflow_id ?? ''));
    expect(await snapshots(projectId)).toHaveLength(3);
  });

  it('appends the head of the project, and answers it', async () => {
    const first = await importDocument(service, projectDocument(chain('one', ['a']), chain('two', ['a'])));
    const projectId = first.project?.id ?? '';
    const expected = async () => headHash([...(await storedHashes(service, projectId))]);
    expect(first.headHash).toBe(await expected());
    expect(first.project?.headHash).toBe(first.headHash);
    expect(await heads(projectId)).toEqual([first.headHash]);

    const changed = projectDocument(chain('one', ['a'], { body: 'changed();' }));
    const second = await importDocument(service, changed, { projectId });
    expect(second.headHash).toBe(await expected());
    expect(await heads(projectId)).toEqual([first.headHash, second.headHash]);
    const stored = await rows(service, 'select head_hash from projects where id = $1', [projectId]);
    expect(stored).toEqual([{ head_hash: second.headHash }]);

    const same = await importDocument(service, changed, { projectId });
    expect(same.headHash).toBe(second.headHash);
    expect(await heads(projectId)).toHaveLength(2);
  });

  it('of collections alone makes no version and no new head', async () => {
    const projectId = await newProject(service, projectDocument(chain('w', ['a'])));
    const answer = await importDocument(
      service,
      `${projectDocument()}collections: {c: {name: c}}\n`.replace('workflows:\n', ''),
      { projectId },
    );
    expect(answer.created).toMatchObject({ collections: 1 });
    expect(await versions(projectId)).toHaveLength(1);
    expect(await heads(projectId)).toHaveLength(1);
  });

  it('keeps in snapshots nothing that a trigger signs in with', async () => {
    const yaml = projectDocument(
      '  w: {name: w, triggers: {k: {type: kafka, kafka_configuration: {topics: [t]}}}}\n',
    );
    const projectId = await newProject(service, yaml);
    await rows(
      service,
      `update triggers set kafka_configuration = kafka_configuration || '{"username": "u", "password": "p"}'
       where workflow_id in (select id from workflows where project_id = $1)`,
      [projectId],
    );
    await importDocument(service, yaml.replace('[t]', '[u]'), { projectId });
    const [, second] = await rows<{ triggers: unknown }>(
      service,
      `select s.triggers from workflow_snapshots s join workflows w on w.id = s.workflow_id
       where w.project_id = $1 order by s.lock_version`,
      [projectId],
    );
    expect(second?.triggers).toMatchObject([{ kafka_configuration: { topics: ['u'] } }]);
    expect(JSON.stringify(second)).not.toMatch(/username|password/);
  });
});
