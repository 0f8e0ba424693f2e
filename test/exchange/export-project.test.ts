import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExportFormat } from '../../src/gen/lightning/projects/v1/document_pb.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { chain, exportDocument, importDocument, newProject, projectDocument } from './support/documents.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

/** The messages of an export. */
async function chunks(
  projectId: string,
  token = service.admin,
  format: ExportFormat = ExportFormat.UNSPECIFIED,
): Promise<number[]> {
  const lengths: number[] = [];
  for await (const { chunk } of service.client(ProjectsService, token).exportProject({ projectId, format })) {
    lengths.push(chunk.length);
  }
  return lengths;
}

async function snapshotsOf(projectId: string): Promise<{ id: string; name: string }[]> {
  return await rows(
    service,
    `select s.id, s.name from workflow_snapshots s join workflows w on w.id = s.workflow_id
     where w.project_id = $1 order by s.name, s.lock_version`,
    [projectId],
  );
}

describe('an export', () => {
  it('comes in messages of at most 64 KiB, the first one at once', async () => {
    const projectId = await newProject(
      service,
      projectDocument(chain('big', ['a'], { body: 'x'.repeat(300_000) }), chain('small', ['a'])),
    );
    const lengths = await chunks(projectId);
    expect(lengths[0]).toBeLessThan(200);
    expect(Math.max(...lengths)).toBe(64 * 1024);
    expect(lengths.reduce((sum, length) => sum + length)).toBe(
      (await exportDocument(service, projectId)).length,
    );
  });

  it('of an empty project says that there is nothing', async () => {
    const { id, name } = await aProject(service);
    expect(await exportDocument(service, id)).toBe(
      `name: ${name}\ndescription: null\ncollections: null\ncredentials: null\nworkflows: null\n`,
    );
  });

  it('has no description where an empty one was given', async () => {
    const projectId = await newProject(service, 'name: p\ndescription: ""\n');
    expect(await exportDocument(service, projectId)).toMatch(/^description: null$/m);
  });

  it('leaves out what was deleted, and everything of other projects', async () => {
    const projectId = await newProject(service, projectDocument(chain('one', ['a']), chain('two', ['a'])));
    await importDocument(service, projectDocument(chain('two', ['a'])), { projectId, prune: true });
    const exported = await exportDocument(service, projectId);
    expect(exported.match(/^ {2}\w+:$/gm)).toEqual(['  two:']);
  });

  it('sorts workflows by the bytes of their keys, however many there are', async () => {
    const names = [
      ...Array.from({ length: 450 }, (_, index) => `w${index}`),
      'W',
      'a b',
      'a-a',
      'é',
      '\uffff',
      '\u{1f600}',
    ];
    const projectId = await newProject(
      service,
      projectDocument(...names.map((name, index) => `  "${index}": {name: "${name}"}\n`)),
    );
    const exported = await exportDocument(service, projectId);
    const found = [...exported.matchAll(/^ {4}name: (.*)$/gm)].map(([, name]) => name);
    const keys = names
      .map((name) => name.replaceAll(' ', '-'))
      .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(
      found.map((name) =>
        String(name?.startsWith('"') ? JSON.parse(name) : name?.replace(/^'|'$/g, '')).replaceAll(' ', '-'),
      ),
    ).toEqual(keys);
  });

  it.each([
    ['two workflows', '  1: {name: a b}\n  2: {name: a-b}\n', 'workflows'],
    [
      'two jobs of a workflow',
      '  w:\n    name: w\n    jobs: {1: {name: a b, adaptor: x, body: ""}, 2: {name: a-b, adaptor: x, body: ""}}\n',
      'workflows.w.jobs',
    ],
  ])('is refused before its first byte when %s would have one key', async (_, workflows, where) => {
    const projectId = await newProject(service, projectDocument(workflows));
    const snapshotIds = (await snapshotsOf(projectId)).map(({ id }) => id);
    for (const ids of [[], snapshotIds]) {
      const refused = await refusal(exportDocument(service, projectId, ids));
      expect(refused).toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'DUPLICATE_KEY',
        metadata: { where, key: 'a-b', first_name: 'a b', second_name: 'a-b' },
      });
    }
  });

  it.each([
    ['collections', 'collections: {1: {name: a b}, 2: {name: a-b}}\n', 'collections'],
    [
      'credentials',
      'credentials: {1: {name: a b, owner: x@example.org}, 2: {name: a-b, owner: x@example.org}}\n',
      'credentials',
    ],
  ])('is refused before its first byte when two %s would have one key', async (_, section, where) => {
    const projectId = await newProject(service, `name: p\n${section}workflows: null\n`);
    expect(await refusal(chunks(projectId))).toMatchObject({ reason: 'DUPLICATE_KEY', metadata: { where } });
  });

  it('is for those who may read the project', async () => {
    const [viewer, stranger] = [await aUser(service), await aUser(service)];
    const owner = await aUser(service);
    const { id } = await aProject(service, { owner, viewer });
    for (const { token } of [owner, viewer, { token: service.reader }])
      expect(await chunks(id, token)).not.toEqual([]);
    expect(await refusal(chunks(id, stranger.token))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('an export of snapshots', () => {
  it('shows those workflows as they were, and no others', async () => {
    const rich = `  rich:
    name: rich
    jobs:
      a: {name: a, adaptor: x, body: one();, credential: k}
    triggers:
      cron: {type: cron, cron_expression: "0 0 * * *", cron_cursor_job: a, enabled: false}
      kafka: {type: kafka, kafka_configuration: {hosts: ["h:1"], topics: [t], connect_timeout: 3}}
      webhook: {type: webhook, webhook_reply: custom, webhook_response_config: {success_code: 201}}
    edges:
      e: {source_trigger: cron, target_job: a, condition_type: js_expression, condition_expression: x, condition_label: l}
`;
    const credentials = 'credentials:\n  k: {name: k, owner: k@example.org}\n';
    const projectId = await newProject(service, credentials + projectDocument(chain('other', ['a']), rich));
    const before = await exportDocument(service, projectId);
    await importDocument(
      service,
      projectDocument(
        rich.replace('one();', 'two();').replace('credential: k', 'credential: k@example.org-k'),
      ),
      { projectId },
    );
    const snapshots = await snapshotsOf(projectId);
    const [, first] = snapshots;
    expect(snapshots.map(({ name }) => name)).toEqual(['other', 'rich', 'rich']);

    const exported = await exportDocument(service, projectId, [first?.id.toUpperCase() ?? '']);

    expect(exported).toBe(before.replace(/^ {2}other:\n(?: {4}.*\n)*/m, ''));
    expect(exported).toContain('one();');
  });

  it('shows workflows that were deleted since, each name as it was', async () => {
    const projectId = await newProject(service, projectDocument(chain('one', ['a']), chain('two', ['a'])));
    const before = await exportDocument(service, projectId);
    const snapshots = await snapshotsOf(projectId);
    await importDocument(service, projectDocument('  two: {name: three}\n'), { projectId, prune: true });
    const ids = snapshots.map(({ id }) => id);
    expect(await exportDocument(service, projectId, ids)).toBe(before);
    expect(await exportDocument(service, projectId, ids.toReversed())).toBe(before);
  });

  it('is refused for those of other projects, all of which are named', async () => {
    const [projectId, other] = await Promise.all(
      [1, 2].map(() => newProject(service, projectDocument(chain('w', ['a'])))),
    );
    const [own] = await snapshotsOf(projectId ?? '');
    const [foreign] = await snapshotsOf(other ?? '');
    const nowhere = '0190a8b2-5c1e-7e2f-8a3b-9c4d5e6f7a8b';
    const refused = await refusal(
      exportDocument(service, projectId ?? '', [own?.id ?? '', foreign?.id ?? '', nowhere]),
    );
    expect(refused).toMatchObject({ code: 'NOT_FOUND', reason: 'SNAPSHOT_NOT_FOUND' });
    expect(refused.message).toContain(`${foreign?.id}, ${nowhere}`);
    expect(refused.message).not.toContain(own?.id);
  });

  it('is refused for two of one workflow', async () => {
    const projectId = await newProject(service, projectDocument(chain('w', ['a'])));
    await importDocument(service, projectDocument(chain('w', ['a', 'b'])), { projectId });
    const ids = (await snapshotsOf(projectId)).map(({ id }) => id);
    expect(await refusal(exportDocument(service, projectId, ids))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { 'snapshot_ids[1]': 'REPEATED' },
    });
  });
});
