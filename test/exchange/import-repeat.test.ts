import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';
import {
  chain,
  exportDocument,
  type ImportFields,
  importDocument,
  newProject,
  piecesOf,
  projectDocument,
  projectOf,
  streamDocument,
} from './support/documents.ts';
import { countRows } from './support/written-rows.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const ways = {
  ImportProject: (yaml: string, options: ImportFields) => importDocument(service, yaml, options),
  ImportProjectStream: (yaml: string, options: ImportFields) =>
    streamDocument(service, piecesOf(yaml), options),
};

describe.each(Object.entries(ways))('%s', (_, send) => {
  const yaml = projectDocument(
    chain('w', ['a']),
    '  files: {name: files, jobs: {1: {name: j, adaptor: x, body: {path: 1.js}}, 2: {name: k, adaptor: x, body: {path: 2.js}}}}\n',
  );
  const files = { '1.js': 'one();', '2.js': 'two();' };

  it('sent twice with one request_id is done once, whatever the order of the files', async () => {
    const requestId = randomUUID();
    const first = await send(yaml, { requestId, files });
    const before = await countRows(service);
    const again = await send(yaml, { requestId, files: { '2.js': 'two();', '1.js': 'one();' } });
    expect(again).toEqual(first);
    expect(await countRows(service)).toEqual(before);
  });

  it('sent twice at once is done once too', async () => {
    const requestId = randomUUID();
    const [first, second] = await Promise.all([1, 2].map(() => send(yaml, { requestId, files })));
    expect(second).toEqual(first);
    const found = await rows(service, 'select 1 from projects where id = $1', [first?.project?.id]);
    expect(found).toHaveLength(1);
  });

  it('answers a repeat although the document could not be imported any more', async () => {
    const requestId = randomUUID();
    const credential = randomUUID();
    await rows(
      service,
      `with owner as (insert into users (email) values ($1 || '@example.org') returning id)
       insert into credentials (id, user_id, name, schema) select $1::uuid, id, $1, 'raw' from owner`,
      [credential],
    );
    const section = `credentials:\n  k: {name: ${credential}, owner: ${credential}@example.org}\n`;
    const using = projectDocument(chain('w', ['a']).replace('body:', 'credential: k\n        body:'));
    const first = await send(section + using, { requestId });
    await rows(service, 'delete from project_credentials where credential_id = $1', [credential]);
    await rows(service, 'delete from credentials where id = $1', [credential]);
    expect(await send(section + using, { requestId })).toEqual(first);
  });

  it('refuses a request_id that was used for another document, or for other options', async () => {
    const requestId = randomUUID();
    await send(yaml, { requestId, files });
    for (const [text, options] of [
      [yaml.replace('type: webhook', 'type: kafka'), { files }],
      [yaml, { files: { ...files, '1.js': 'other();' } }],
      [yaml, { files, prune: true }],
    ] as const) {
      const refused = await refusal(send(text, { requestId, ...options }));
      expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'REQUEST_ID_REUSED' });
    }
  });

  it('with validate_only answers as it would, and writes nothing', async () => {
    const projectId = await newProject(service, projectDocument(chain('w', ['a', 'b']), chain('old', ['a'])));
    const options = { projectId, prune: true, files, requestId: randomUUID() };
    const before = await countRows(service);
    const exported = await exportDocument(service, projectId);

    const tried = await send(yaml, { ...options, validateOnly: true });

    expect(await countRows(service)).toEqual(before);
    expect(await exportDocument(service, projectId)).toBe(exported);
    const { $typeName: _, project: __, headHash: ___, ...numbers } = await send(yaml, options);
    expect(tried).toMatchObject(numbers);
    expect(tried).toMatchObject({
      created: { workflows: 1 },
      deleted: { workflows: 1 },
      updated: { workflows: 1 },
    });
  });

  it('with validate_only tells of a new project that is not there', async () => {
    const answer = await send(yaml, { files, validateOnly: true });
    expect(answer).toMatchObject({ projectCreated: true, created: { workflows: 2 } });
    expect(await rows(service, 'select 1 from projects where id = $1', [projectOf(answer)])).toEqual([]);
  });
});

describe('imports over one project at the same time', () => {
  it('come one after the other, and each is whole', async () => {
    const projectId = await newProject(service, projectDocument(chain('shared', ['a'])));
    const documents = Array.from({ length: 6 }, (_, index) =>
      projectDocument(
        chain('shared', ['a'], { body: `version${index}();` }),
        chain(`own-${index}`, ['a'], { body: `version${index}();` }),
      ),
    );
    await Promise.all(documents.map((yaml) => importDocument(service, yaml, { projectId })));

    const found = await rows<{ name: string }>(
      service,
      'select name from workflows where project_id = $1 order by name',
      [projectId],
    );
    expect(found.map(({ name }) => name)).toEqual([...documents.map((_, index) => `own-${index}`), 'shared']);
    const [project] = await rows<{ head_hash: string; heads: number }>(
      service,
      `select head_hash, (select count(*)::int from project_heads where project_id = p.id) as heads
       from projects p where id = $1`,
      [projectId],
    );
    expect(project?.heads).toBe(1 + documents.length);
  });

  it('that prune each other leave what the last one says', async () => {
    const projectId = await newProject(service, projectDocument());
    const documents = ['one', 'two', 'three'].map((name) => projectDocument(chain(name, ['a'])));
    await Promise.all(documents.map((yaml) => importDocument(service, yaml, { projectId, prune: true })));
    const left = await rows(service, 'select 1 from workflows where project_id = $1 and deleted_at is null', [
      projectId,
    ]);
    expect(left).toHaveLength(1);
  });

  it('that wait for their turn longer than their deadline change nothing', async () => {
    const projectId = await newProject(service, projectDocument(chain('w', ['a'])));
    const before = await countRows(service);
    const holder = new pg.Client(service.databaseUrl);
    await holder.connect();
    await holder.query('begin');
    await holder.query('select 1 from projects where id = $1 for update', [projectId]);

    const yaml = projectDocument(chain('w', ['a', 'b']));
    const call = service
      .client(ProjectsService, service.admin)
      .importProject({ yaml, projectId }, { timeoutMs: 500 });
    expect(await refusal(call)).toMatchObject({ code: 'DEADLINE_EXCEEDED' });

    await holder.end();
    await importDocument(service, yaml, { projectId, validateOnly: true });
    expect(await countRows(service)).toEqual(before);
  });
});
