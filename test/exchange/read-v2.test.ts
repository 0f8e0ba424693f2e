import { describe, expect, it } from 'vitest';
import { brief, readText } from './support/read-text.ts';

async function readSteps(steps: string) {
  const read = await readText(`name: flow\nsteps:\n${steps}`);
  const [workflow] = read.workflows;
  if (workflow === undefined) throw new Error('no workflow was read');
  return { ...read, workflow };
}

const JOBS = '  - {id: a, adaptor: x, expression: "1"}\n  - {id: b, adaptor: x, expression: "2"}\n';

async function readNext(next: string) {
  return readSteps(`  - id: hook\n    type: webhook\n    next: ${next}\n${JOBS}`);
}

describe('a project of format v2', () => {
  it('has lists: collections by name, credentials by owner and name, workflows by id', async () => {
    const read = await readText(`\
schema_version: '4.0'
id: my-project
name: My Project
collections:
  - plain
  - name: named
    uuid: 1
credentials:
  - name: my cred
    owner: o@example.org
    uuid: 2
workflows:
- id: flow-1
  name: Flow One
  steps:
  - {id: a, adaptor: x, expression: "1", configuration: "o@example.org|my cred"}
- name: Flow Two
  steps: []
`);
    expect(read.errors).toEqual([]);
    expect(read.parts).toMatchObject([
      { kind: 'shape', shape: 'v2_project' },
      { kind: 'problem', problem: { reason: 'PROJECT_NAME_CHANGED' } },
      { kind: 'project', name: 'My Project', slug: 'my-project' },
      {
        kind: 'collection',
        value: { key: 'plain', name: 'plain' },
        place: { line: 5, path: 'collections.0' },
      },
      { kind: 'collection', value: { key: 'named', name: 'named' } },
      {
        kind: 'credential',
        value: { key: 'o@example.org|my cred', name: 'my cred', owner: 'o@example.org' },
      },
      {
        kind: 'workflow',
        value: { key: 'flow-1', name: 'Flow One', jobs: [{ credential: 'o@example.org|my cred' }] },
        place: { line: 13, column: 3, path: 'workflows.0' },
        credentialReferences: [
          { key: 'o@example.org|my cred', place: { line: 16, path: 'workflows.0.steps.0.configuration' } },
        ],
      },
      { kind: 'workflow', value: { key: 'Flow Two', name: 'Flow Two' }, place: { path: 'workflows.1' } },
    ]);
  });

  it('is named by its id when it has no name', async () => {
    const read = await readText('id: my-project\ncli: {version: 2}\nworkflows: []\n');
    expect(read.shape).toBe('v2_project');
    expect(read.project?.slug).toBe('my-project');
  });

  it('may have its workflows in a mapping, as the drafts did', async () => {
    const read = await readText(
      'name: p\nworkflows:\n  flow:\n    name: Flow\n    steps: [{id: a, adaptor: x, expression: ""}]\n',
    );
    expect(read.shape).toBe('v2_project');
    expect(read.workflows[0]).toMatchObject({ key: 'flow', name: 'Flow', jobs: [{ key: 'a' }] });
  });

  it('says nothing of the bookkeeping of OpenFn’s tools, and tells of settings it does not import', async () => {
    const read = await readText(`\
id: p
version: 1
cli: {version: 2}
openfn: {uuid: 1}
options: {requires_mfa: true}
workflows:
  - id: w
    start: a
    history: [cli:1]
    openfn: {uuid: 2, lock_version: 3}
    steps:
      - {id: a, adaptor: x, expression: "", openfn: {uuid: 3}, next: {a: {condition: always, openfn: {uuid: 4}}}}
`);
    expect(read.errors).toEqual([]);
    expect(brief(read.warnings)).toEqual(['UNKNOWN_KEY 5:1 options']);
  });
});

describe('the version of format v2', () => {
  it.each(["'4.0'", '4.0', '4', '4.0-draft', 'null'])('may be %s', async (version) => {
    const { warnings } = await readText(`schema_version: ${version}\nname: p\nworkflows: []\n`);
    expect(warnings).toEqual([]);
  });

  it.each(['5.0', '40', '4.1', '3.0'])('is told of when it is not known here: %s', async (version) => {
    const { errors, warnings } = await readText(`name: p\nschema_version: ${version}\nworkflows: []\n`);
    expect(errors).toEqual([]);
    expect(brief(warnings)).toEqual(['UNKNOWN_SCHEMA_VERSION 2:17 schema_version']);
    expect(warnings[0]?.message).toContain(version);
  });

  it('is told of in a workflow too, and below the workflows of a long document', async () => {
    const { warnings } = await readText('schema_version: 5.0\nname: w\nsteps: []\n');
    expect(brief(warnings)).toEqual(['UNKNOWN_SCHEMA_VERSION 1:17 schema_version']);
    const text =
      'name: p\nworkflows:\n  - name: w\n    schema_version: 6.0\n    steps: []\nschema_version: 5.0\n';
    const late = await readText(text, { limits: { pieceLength: 60 } });
    expect(late.errors).toEqual([]);
    expect(brief(late.warnings)).toEqual([
      'UNKNOWN_SCHEMA_VERSION 4:21 workflows.0.schema_version',
      'UNKNOWN_SCHEMA_VERSION 6:17 schema_version',
    ]);
  });
});

describe('a workflow of format v2', () => {
  it('is known by its steps when it stands by itself', async () => {
    const read = await readText('id: flow\nname: My Flow\nsteps: []\n');
    expect(read.parts).toMatchObject([
      { kind: 'shape', shape: 'v2_workflow' },
      { kind: 'workflow', value: { key: 'flow', name: 'My Flow' } },
    ]);
  });

  it('takes steps with a type as triggers and the others as jobs', async () => {
    const { workflow } = await readSteps(
      '  - {id: c, type: cron, name: c, cron_expression: "0 6 * * *", cron_cursor: j, enabled: false}\n' +
        '  - {id: j, name: Job, adaptor: x, expression: "1"}\n',
    );
    expect(workflow.triggers).toMatchObject([
      { key: 'c', type: 'cron', cronExpression: '0 6 * * *', cronCursorJob: 'j', enabled: false },
    ]);
    expect(workflow.jobs).toEqual([{ key: 'j', name: 'Job', adaptor: 'x', credential: null, body: '1' }]);
  });

  it('takes a step’s id for its name, and its name for its id', async () => {
    const { workflow } = await readSteps(
      '  - {id: a, adaptor: x, expression: ""}\n  - {name: My Step, adaptor: x, expression: ""}\n',
    );
    expect(workflow.jobs.map(({ key, name }) => [key, name])).toEqual([
      ['a', 'a'],
      ['My Step', 'My Step'],
    ]);
  });

  it.each(['', 'adaptor: "", ', 'adaptors: [" "], '])(
    'gives a step without an adaptor Lightning’s own, with a warning: %s',
    async (adaptor) => {
      const { workflow, warnings } = await readSteps(`  - {id: a, ${adaptor}expression: ""}\n`);
      expect(workflow.jobs[0]?.adaptor).toBe('@openfn/language-common@latest');
      expect(brief(warnings)).toEqual(['MISSING_ADAPTOR 3:5 steps.0']);
    },
  );

  it('takes the adaptor of the drafts where the other one is empty', async () => {
    const { workflow } = await readSteps('  - {id: a, adaptor: "", adaptors: [x], expression: ""}\n');
    expect(workflow.jobs[0]?.adaptor).toBe('x');
  });

  it('warns of a start that is no step, which nothing here begins with', async () => {
    const { warnings } = await readText('name: flow\nstart: zzz\nsteps:\n  - {id: c, type: webhook}\n');
    expect(brief(warnings)).toEqual(['UNKNOWN_START 2:8 start']);
  });

  it.each(['c', 'j', 'My Step', 'null'])('may start at a trigger or a job: %s', async (start) => {
    const { errors, warnings } = await readText(
      `name: flow\nstart: ${start}\nsteps:\n  - {id: c, type: webhook}\n` +
        '  - {id: j, adaptor: x, expression: ""}\n  - {name: My Step, adaptor: x, expression: ""}\n',
    );
    expect([...errors, ...warnings]).toEqual([]);
  });

  it('keeps the drafts’ settings, which stand under openfn, and their adaptors', async () => {
    const { workflow, errors, warnings } = await readSteps(`\
  - {id: hook, type: webhook, openfn: {webhook_reply: after_completion}}
  - {id: cron, type: cron, openfn: {cron: 0 6 * * *, cron_cursor: a}}
  - {id: kafka, type: kafka, openfn: {kafka: {hosts: ['h:1'], topics: [t]}}}
  - {id: a, adaptors: [x], expression: ""}
`);
    expect([...errors, ...warnings]).toEqual([]);
    expect(workflow.triggers).toMatchObject([
      { webhookReply: 'after_completion' },
      { cronExpression: '0 6 * * *', cronCursorJob: 'a' },
      { kafkaConfiguration: { hosts: [['h', '1']], topics: ['t'] } },
    ]);
    expect(workflow.jobs[0]?.adaptor).toBe('x');
  });

  it('leaves out what belongs to a trigger of another type, with a warning, in the drafts too', async () => {
    const { workflow, errors, warnings } = await readSteps(`\
  - {id: hook, type: webhook, cron_expression: 0 6 * * *, cron_cursor: a}
  - {id: kafka, type: kafka, openfn: {cron: 0 6 * * *}, kafka_configuration: {topics: [t]}}
  - {id: cron, type: cron, cron_expression: 0 6 * * *, openfn: {kafka: {topics: [t]}}}
  - {id: a, adaptor: x, expression: ""}
`);
    expect(errors).toEqual([]);
    expect(workflow.triggers).toMatchObject([
      { cronExpression: null, cronCursorJob: null },
      { cronExpression: null, kafkaConfiguration: { topics: ['t'] } },
      { cronExpression: '0 6 * * *', kafkaConfiguration: null },
    ]);
    expect(brief(warnings)).toEqual([
      'SETTING_OF_OTHER_TYPE 3:48 steps.0.cron_expression',
      'SETTING_OF_OTHER_TYPE 3:72 steps.0.cron_cursor',
      'SETTING_OF_OTHER_TYPE 4:45 steps.1.openfn.cron',
      'SETTING_OF_OTHER_TYPE 5:72 steps.2.openfn.kafka',
    ]);
  });

  it('finds the job of a cron cursor by the uuid that the command line tool writes', async () => {
    const { workflow, errors } = await readSteps(
      '  - {id: c, type: cron, cron_expression: "@daily", cron_cursor_job_id: 0a}\n' +
        '  - {id: j, adaptor: x, expression: "", openfn: {uuid: 0a}}\n',
    );
    expect(errors).toEqual([]);
    expect(workflow.triggers[0]?.cronCursorJob).toBe('j');
  });

  it('takes an expression that is the name of a file from the files sent along', async () => {
    const text =
      'name: f\nsteps: [{id: a, adaptor: x, expression: ./a.js}, {id: b, adaptor: x, expression: {path: b.js}}]\n';
    const files = new Map([
      ['a.js', '1'],
      ['b.js', '2'],
    ]);
    const read = await readText(text, { files });
    expect(read.workflows[0]?.jobs.map(({ body }) => body)).toEqual(['1', '2']);
    expect((await readText(text)).errors.map(({ reason }) => reason)).toEqual([
      'MISSING_FILE',
      'MISSING_FILE',
    ]);
  });

  const always = { conditionType: 'always', conditionExpression: null };
  it.each([
    ['a', always],
    ['{a: true}', always],
    ['{a: {condition: always}}', always],
    ['{a: {condition: true}}', always],
    ['{a: on_job_failure}', { conditionType: 'on_job_failure', conditionExpression: null }],
    ['{a: {condition: on_job_success}}', { conditionType: 'on_job_success', conditionExpression: null }],
    ['{a: {condition: "!state.errors"}}', { conditionType: 'on_job_success', conditionExpression: null }],
    ['{a: {condition: "!!state.errors"}}', { conditionType: 'on_job_failure', conditionExpression: null }],
    ['{a: {condition: state.x > 1}}', { conditionType: 'js_expression', conditionExpression: 'state.x > 1' }],
    ['{a: state.x > 1}', { conditionType: 'js_expression', conditionExpression: 'state.x > 1' }],
    [
      '{a: {condition: js_expression, expression: state.y}}',
      { conditionType: 'js_expression', conditionExpression: 'state.y' },
    ],
    ['{a: {condition: never}}', { conditionType: 'js_expression', conditionExpression: 'false' }],
    ['{a: false}', { conditionType: 'js_expression', conditionExpression: 'false' }],
  ])('reads next: %s', async (next, condition) => {
    const { workflow, errors, warnings } = await readNext(next);
    expect([...errors, ...warnings]).toEqual([]);
    expect(workflow.edges).toEqual([
      {
        key: 'hook->a',
        sourceTrigger: 'hook',
        sourceJob: null,
        targetJob: 'a',
        conditionLabel: null,
        enabled: true,
        ...condition,
      },
    ]);
  });

  it.each(['js_expression', '""', '" "', '{condition: js_expression}', '{condition: ""}'])(
    'refuses an edge that follows an expression and has none: %s',
    async (edge) => {
      const { errors } = await readNext(`{a: ${edge}}`);
      expect(brief(errors)).toEqual(['MISSING_EXPRESSION 5:12 steps.0.next.a']);
    },
  );

  it('keeps an expression beside the name of a condition, and tells of any other', async () => {
    const edges = ['true', 'state.x', 'never'].map((condition) => `{condition: ${condition}, expression: y}`);
    const { workflow, warnings } = await readNext(`{a: ${edges[0]}, b: ${edges[1]}}`);
    expect(workflow.edges.map(({ conditionExpression }) => conditionExpression)).toEqual(['y', 'state.x']);
    expect(brief(warnings)).toEqual(['UNKNOWN_KEY 5:73 steps.0.next.b.expression']);
    const others = await readNext(`{a: ${edges[2]}, b: {expression: y}}`);
    expect(others.warnings.map(({ reason, path }) => `${reason} ${path}`)).toEqual([
      'UNKNOWN_KEY steps.0.next.a.expression',
      'MISSING_CONDITION steps.0.next.b',
      'UNKNOWN_KEY steps.0.next.b.expression',
    ]);
  });

  it('reads a condition that is a block, its label, and whether it is disabled', async () => {
    const { workflow } = await readSteps(`\
  - id: a
    adaptor: x
    expression: ""
    next:
      b:
        condition: |
          !state.errors && state.data
        label: Some
        disabled: true
  - {id: b, adaptor: x, expression: ""}
`);
    expect(workflow.edges).toEqual([
      {
        key: 'a->b',
        sourceTrigger: null,
        sourceJob: 'a',
        targetJob: 'b',
        conditionType: 'js_expression',
        conditionExpression: '!state.errors && state.data',
        conditionLabel: 'Some',
        enabled: false,
      },
    ]);
  });

  it('takes a target without a condition as always, with a warning', async () => {
    const { workflow, warnings } = await readNext('{a: {label: l}, b: null}');
    expect(workflow.edges.map(({ conditionType }) => conditionType)).toEqual(['always', 'always']);
    expect(brief(warnings)).toEqual([
      'MISSING_CONDITION 5:12 steps.0.next.a',
      'MISSING_CONDITION 5:27 steps.0.next.b',
    ]);
  });
});
