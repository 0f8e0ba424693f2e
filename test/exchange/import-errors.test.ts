import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { chain, importDocument, newProject, projectDocument, projectOf } from './support/documents.ts';
import { problemsOf, warningsOf } from './support/problems.ts';
import { countRows } from './support/written-rows.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

/** The problems of a document, as Connect tells them: all. */
async function problems(yaml: string, options: Partial<Parameters<typeof importDocument>[2]> = {}) {
  return await problemsOf(
    service.httpClient(ProjectsService, service.admin).importProject({ ...options, yaml }),
  );
}

const job = (fields: string) => `\
name: p
workflows:
  w:
    name: w
    jobs:
      j: {adaptor: a, body: "", ${fields}}
`;

describe('a document with errors', () => {
  const broken = `\
name: My Project
description: ${'d'.repeat(241)}
collections:
  c: {name: c}
  d: {name: c}
credentials:
  k: {name: n, owner: nobody@example.org}
workflows:
  one:
    name: one
    jobs:
      a: {name: a, adaptor: x, body: {path: 1.js}, credential: k}
      b: {name: b, adaptor: x, body: {path: 2.js}, credential: undeclared}
    triggers: {t: {type: cron, cron_expression: sometimes}}
  two:
    name: two
    edges: {e: {source_job: nowhere, target_job: a, condition_type: always}}
`;
  const expected = [
    'TOO_LONG 2:14 description',
    'DUPLICATE_NAME 5:3 collections.d',
    'MISSING_FILE 12:38 workflows.one.jobs.a.body',
    'CREDENTIAL_UNKNOWN 12:64 workflows.one.jobs.a.credential',
    'MISSING_FILE 13:38 workflows.one.jobs.b.body',
    'CREDENTIAL_UNKNOWN 13:64 workflows.one.jobs.b.credential',
    'BAD_CRON_EXPRESSION 14:49 workflows.one.triggers.t.cron_expression',
    'UNKNOWN_SOURCE 17:29 workflows.two.edges.e.source_job',
    'UNKNOWN_TARGET 17:50 workflows.two.edges.e.target_job',
  ];

  it('is refused with all of them at once, each with its place', async () => {
    expect(await problems(broken)).toEqual(expected);
    const refused = await refusal(importDocument(service, broken));
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'DOCUMENT_INVALID' });
    expect(refused.message).toContain('2:14 ');
    expect(refused.message).toContain('and 8 more');
  });

  it('leaves nothing behind, over a project and as a new one', async () => {
    const projectId = await newProject(service, projectDocument(chain('one', ['a'])));
    const before = await countRows(service);
    await problems(broken, { projectId, prune: true });
    await problems(broken, { validateOnly: true });
    expect(await countRows(service)).toEqual(before);
  });

  it('leaves everything where it is that a merge key would have filled in', async () => {
    const projectId = await newProject(service, projectDocument(chain('one', ['a'])));
    const before = await countRows(service);
    const yaml = 'name: p\nworkflows:\n  one:\n    name: one\n    <<: {jobs: null}\n';
    expect(await problems(yaml, { projectId, prune: true })).toEqual(['MERGE_KEY 5:5 workflows.one.<<']);
    expect(await countRows(service)).toEqual(before);
  });

  it('counts beyond a thousand all that is wrong, whoever found it', async () => {
    const jobs = Array.from(
      { length: 700 },
      (_, n) => `      j${n}: {name: j${n}, adaptor: x, body: "", credential: nobody${n}}\n`,
    );
    const edges = Array.from(
      { length: 700 },
      (_, n) => `      e${n}: {source_job: j1, target_job: no${n}, condition_type: always}\n`,
    );
    const yaml = `name: p\nworkflows:\n  w:\n    name: w\n    jobs:\n${jobs.join('')}    edges:\n${edges.join('')}`;
    const all = await problems(yaml);
    expect(all).toHaveLength(1001);
    expect(all.at(-1)).toMatch(/^MORE_PROBLEMS/);
    const { message } = await refusal(importDocument(service, yaml));
    expect(message).toContain('and 1399 more');
  });

  it('is answered by gRPC too, however many they are', async () => {
    const edges = Array.from({ length: 3000 }, (_, index) => `      e${index}: {condition_type: always}\n`);
    const yaml = `name: p\nworkflows:\n  w:\n    name: w\n    edges:\n${edges.join('')}`;
    const refused = await refusal(importDocument(service, yaml));
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'DOCUMENT_INVALID' });
    expect(Object.values(refused.fields).at(-1)).toBe('MORE_PROBLEMS');
    const all = await problems(yaml);
    expect(all).toHaveLength(1001);
    expect(all.at(-1)).toMatch(/^MORE_PROBLEMS/);
  });

  it.each([
    ['a NUL', 'name: "j\\0"', 'BAD_CHARACTER 6:39 workflows.w.jobs.j.name'],
    ['half a surrogate pair', 'name: "j\\ud83d"', 'BAD_CHARACTER 6:39 workflows.w.jobs.j.name'],
    ['the other half', 'name: "\\ude00j"', 'BAD_CHARACTER 6:39 workflows.w.jobs.j.name'],
  ])('is refused for what PostgreSQL cannot hold: %s', async (_, fields, expected) => {
    expect(await problems(job(fields))).toEqual([expected]);
  });

  it('is refused for names that are empty, those of a list of format v2 included', async () => {
    const yaml = `\
name: p
collections: ['', '']
workflows:
  - id: w
    name: ''
    steps: [{id: a, name: '', adaptor: x, expression: ''}]
`;
    expect(await problems(yaml)).toEqual([
      'MISSING_NAME 2:15 collections.0',
      'MISSING_NAME 2:19 collections.1',
      'MISSING_NAME 4:5 workflows.0',
      'MISSING_NAME 6:13 workflows.0.steps.0',
    ]);
  });

  it('is refused for a NUL in a configuration, which is kept as JSON', async () => {
    const triggers = 'triggers: {t: {type: webhook, webhook_response_config: {"a\\0": "b\\0"}}}';
    const found = await problems(`name: p\nworkflows: {w: {name: w, ${triggers}}}\n`);
    expect(found.map((problem) => problem.split(' ', 1).join())).toEqual(['BAD_CHARACTER', 'BAD_CHARACTER']);
  });

  it('keeps every other character, control characters included', async () => {
    const name = '\u0001\u007f\u0085\ufffe\uffff\u{10ffff}';
    const yaml = projectDocument(`  w: {name: ${JSON.stringify(name)}}\n`);
    await expect(importDocument(service, yaml)).resolves.toMatchObject({ created: { workflows: 1 } });
  });
});

describe('a text that is longer than the service keeps is an error with its place:', () => {
  const long = 'x'.repeat(10_000);
  it.each([
    ['name of a workflow', `name: p\nworkflows: {w: {name: ${long}}}\n`, 'TOO_LONG 2:23 workflows.w.name'],
    ['name of a job', job(`name: ${long}`), 'TOO_LONG 6:39 workflows.w.jobs.j.name'],
    [
      'adaptor of a job',
      job('name: j').replace('adaptor: a', `adaptor: ${long}`),
      'TOO_LONG 6:20 workflows.w.jobs.j.adaptor',
    ],
    [
      'credential of a job',
      job(`name: j, credential: ${long}`),
      'TOO_LONG 6:54 workflows.w.jobs.j.credential',
    ],
    [
      'label of an edge',
      job(
        `name: j}\n    edges:\n      e: {source_job: j, target_job: j, condition_type: always, condition_label: ${long}`,
      ),
      'TOO_LONG 8:82 workflows.w.edges.e.condition_label',
    ],
    [
      'step of format v2 that is named by its key',
      `name: p\nworkflows:\n  - id: w\n    steps: [{id: ${long}, adaptor: x, expression: ''}]\n`,
      'TOO_LONG 4:13 workflows.0.steps.0',
    ],
    [
      'name of a collection',
      `name: p\ncollections: {c: {name: ${long}}}\n`,
      'TOO_LONG 2:25 collections.c.name',
    ],
    [
      'name of a credential',
      `name: p\ncredentials: {c: {name: ${long}, owner: a@b}}\n`,
      'TOO_LONG 2:25 credentials.c.name',
    ],
    [
      'address of an owner',
      `name: p\ncredentials: {c: {name: n, owner: a@${long}}}\n`,
      'TOO_LONG 2:35 credentials.c.owner',
    ],
    ['name of a project', `name: ${long}\nworkflows: null\n`, 'TOO_LONG 1:7 name'],
    ['description of a project', `name: p\ndescription: ${long}\n`, 'TOO_LONG 2:14 description'],
  ])('%s', async (_, yaml, expected) => {
    const { id: actorUserId } = await aUser(service);
    expect(await problems(yaml, { createMissingCredentials: true, actorUserId })).toEqual([expected]);
  });

  it('counted in characters, so that 255 of four bytes are kept', async () => {
    const name = '\u{1f600}'.repeat(255);
    const answer = await importDocument(
      service,
      `name: p\ncollections: {c: {name: "${name}"}}\nworkflows: {w: {name: "${name}"}}\n`,
    );
    expect(answer.created).toMatchObject({ workflows: 1, collections: 1 });
  });
});

describe('files that were not sent along', () => {
  const yaml = projectDocument(
    '  w:\n    name: w\n    jobs:\n      a: {name: a, adaptor: x, body: {path: ./1.js}}\n      b: {name: b, adaptor: x, body: {path: 2.js}}\n',
  );

  it('are all named', async () => {
    expect(await problems(yaml, { files: { '2.js': 'fn();' } })).toEqual([
      'MISSING_FILE 6:38 workflows.w.jobs.a.body',
    ]);
    expect(await problems(yaml)).toHaveLength(2);
  });

  it('are imported empty when that is allowed, with a warning each', async () => {
    const answer = await importDocument(service, yaml, { allowMissingFiles: true });
    expect(warningsOf(answer)).toEqual([
      'MISSING_FILE 6:38 workflows.w.jobs.a.body',
      'MISSING_FILE 7:38 workflows.w.jobs.b.body',
    ]);
  });
});

describe('a document of one workflow', () => {
  const yaml = 'name: w\njobs: {a: {name: a, adaptor: x, body: ""}}\n';
  const steps = 'name: w\nsteps: [{id: a, adaptor: x, expression: ""}]\n';

  it.each([
    ['v1', yaml],
    ['v2', steps],
  ])('of format %s needs a project', async (_, text) => {
    expect(await problems(text)).toEqual(['PROJECT_ID_REQUIRED 1:1 yaml']);
  });

  it('adds its workflow to a project', async () => {
    const { id } = await aProject(service);
    await importDocument(service, yaml, { projectId: id });
    const answer = await importDocument(service, steps.replace('id: a', 'id: b'), { projectId: id });
    expect(answer).toMatchObject({
      created: { workflows: 0, jobs: 1 },
      updated: { workflows: 1 },
      unchanged: { jobs: 0 },
    });
  });
});

describe('the name of a project', () => {
  it('is made of a name that is no slug, and the answer says so', async () => {
    const answer = await importDocument(service, 'name: My Project (2)\nworkflows: null\n');
    expect(answer.project?.name).toBe('my-project-2');
    expect(warningsOf(answer)).toEqual(['PROJECT_NAME_CHANGED 1:7 name']);
  });

  it('must be left of the document, or given', async () => {
    expect(await problems('name: "???"\nworkflows: null\n')).toEqual(['NAME_REQUIRED 1:7 name']);
    expect(await problems('workflows: null\n')).toEqual(['NAME_REQUIRED 1:1 yaml']);
    const answer = await importDocument(service, 'workflows: null\n', { name: 'given' });
    expect(answer.project?.name).toBe('given');
  });

  it('is the given one instead of the document’s', async () => {
    const answer = await importDocument(service, 'name: Mine\nworkflows: null\n', { name: 'given' });
    expect(answer).toMatchObject({ project: { name: 'given' }, warnings: [] });
  });

  it('stays when the document has another one, and the answer says so', async () => {
    const { id, name } = await aProject(service);
    const answer = await importDocument(service, 'name: Other\nworkflows: null\n', { projectId: id });
    expect(answer.project?.name).toBe(name);
    expect(warningsOf(answer)).toEqual(['NAME_KEPT 1:7 name']);
    expect(answer.warnings[0]?.message).toContain(name);
  });

  it('changes when one is given', async () => {
    const { id } = await aProject(service);
    const answer = await importDocument(service, 'name: other\nworkflows: null\n', {
      projectId: id,
      name: 'given',
    });
    expect(answer).toMatchObject({ project: { name: 'given' }, warnings: [] });
  });

  it('must differ from those of the other sandboxes', async () => {
    const parent = await aProject(service);
    const options = { parentId: parent.id };
    await importDocument(service, 'name: sandbox\nworkflows: null\n', options);
    const { project } = await importDocument(service, 'name: other\nworkflows: null\n', options);
    for (const again of [options, { projectId: project?.id ?? '', name: 'sandbox' }]) {
      const refused = await refusal(importDocument(service, 'name: sandbox\nworkflows: null\n', again));
      expect(refused).toMatchObject({
        code: 'ALREADY_EXISTS',
        reason: 'PROJECT_NAME_TAKEN',
        fields: { name: expect.any(String) },
      });
    }
  });
});

describe('the project of an import', () => {
  it('is new under a parent, or one that exists', async () => {
    const parent = await aProject(service);
    const answer = await importDocument(service, projectDocument(), { parentId: parent.id.toUpperCase() });
    expect(answer).toMatchObject({ projectCreated: true, project: { parentId: parent.id } });

    const both = { projectId: projectOf(answer), parentId: parent.id };
    const refused = await refusal(importDocument(service, projectDocument(), both));
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', fields: { parent_id: expect.anything() } });
  });

  it('must exist', async () => {
    const nowhere = '0190a8b2-5c1e-7e2f-8a3b-9c4d5e6f7a8b';
    for (const options of [{ projectId: nowhere }, { parentId: nowhere }]) {
      const refused = await refusal(importDocument(service, projectDocument(), options));
      expect(refused).toMatchObject({ code: 'NOT_FOUND', reason: 'PROJECT_NOT_FOUND' });
    }
  });
});
