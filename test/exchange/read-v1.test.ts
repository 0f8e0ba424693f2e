import { describe, expect, it } from 'vitest';
import { brief, readText } from './support/read-text.ts';

/** A project with one workflow whose sections are given, each indented as it stands there. */
function project(sections: string): string {
  return `name: p\nworkflows:\n  flow:\n    name: flow\n${sections}`;
}

const TWO_JOBS = `\
    jobs:
      a: {name: a, adaptor: x, body: "1"}
      b: {name: b, adaptor: x, body: "2"}
    triggers:
      hook: {type: webhook}
`;

async function readWorkflow(sections: string) {
  const read = await readText(project(sections));
  const [workflow] = read.workflows;
  if (workflow === undefined) throw new Error('no workflow was read');
  return { ...read, workflow };
}

async function readBody(body: string, files?: ReadonlyMap<string, string>): Promise<string | undefined> {
  const text = project(`    jobs:\n      a:\n        name: a\n        adaptor: x\n        body: ${body}`);
  const read = await readText(text, files === undefined ? {} : { files });
  expect(read.errors).toEqual([]);
  return read.workflows[0]?.jobs[0]?.body;
}

describe('a project of format v1', () => {
  it('comes in parts: shape, project, collections, credentials, workflows', async () => {
    const read = await readText(
      'workflows:\n  w: {name: w}\ncredentials:\n  c: {name: n, owner: o@example.org}\n' +
        'collections:\n  k: {name: l}\ndescription: d\nname: p\n',
    );
    expect(read.parts).toMatchObject([
      { kind: 'shape', shape: 'v1_project' },
      {
        kind: 'project',
        name: 'p',
        slug: 'p',
        description: 'd',
        place: { line: 8, column: 7, path: 'name' },
      },
      {
        kind: 'collection',
        value: { key: 'k', name: 'l' },
        place: { line: 6, column: 3, path: 'collections.k' },
      },
      { kind: 'credential', value: { key: 'c', name: 'n', owner: 'o@example.org' } },
      {
        kind: 'workflow',
        value: { key: 'w', name: 'w' },
        place: { line: 2, column: 3, path: 'workflows.w' },
      },
    ]);
  });

  it.each([
    ['null', 'null'],
    ['a tilde', '~'],
    ['an empty mapping', '{}'],
    ['an empty list', '[]'],
    ['a comment', '# jobs:'],
  ])('takes %s as none, for any section', async (_, none) => {
    const sections = ['jobs', 'triggers', 'edges'].map((key) => `    ${key}: ${none}\n`).join('');
    const header = ['description', 'collections', 'credentials', 'channels'].map(
      (key) => `${key}: ${none}\n`,
    );
    const read = await readText(header.join('') + project(sections));
    expect([...read.errors, ...read.warnings]).toEqual([]);
    expect(read.project?.description).toBeNull();
    expect(read.workflows).toEqual([{ key: 'flow', name: 'flow', jobs: [], triggers: [], edges: [] }]);
  });

  it('takes absent sections as none', async () => {
    const read = await readText('name: p\n');
    expect(read.parts.map(({ kind }) => kind)).toEqual(['shape', 'project']);
    expect(read.shape).toBe('v1_project');
  });

  it.each(['1e3', '0x1f', 'true', 'no', '2026-08-27', '12:30', '1.0', '.inf', "'null'", '"~"'])(
    'takes %s for a string where a key, name or link is due',
    async (text) => {
      const { workflow, errors } = await readWorkflow(
        `    jobs:\n      ${text}: {name: ${text}, adaptor: ${text}, credential: ${text}, body: ${text}}\n` +
          '    triggers:\n      hook: {type: webhook}\n' +
          `    edges:\n      e: {source_trigger: hook, target_job: ${text}, condition_type: always}\n`,
      );
      const string = text.replace(/['"]/g, '');
      expect(errors).toEqual([]);
      expect(workflow.jobs).toEqual([
        { key: string, name: string, adaptor: string, credential: string, body: string },
      ]);
      expect(workflow.edges[0]?.targetJob).toBe(string);
    },
  );

  it('keeps keys as they look even where YAML sees null in them', async () => {
    const { workflow } = await readWorkflow(
      '    jobs:\n      null: {name: a, adaptor: x, body: ""}\n      ~: {name: b, adaptor: x, body: ""}\n',
    );
    expect(workflow.jobs.map(({ key }) => key)).toEqual(['null', '~']);
  });

  it('keeps the order of entries, also of keys that look like numbers', async () => {
    const { workflow } = await readWorkflow(
      `    jobs:\n${['b', '10', 'a', '2'].map((key) => `      ${key}: {name: ${key}, adaptor: x, body: ""}\n`).join('')}`,
    );
    expect(workflow.jobs.map(({ key }) => key)).toEqual(['b', '10', 'a', '2']);
  });

  it('finds the ends of an edge in its fields, whatever its key says', async () => {
    const { workflow } = await readWorkflow(
      `${TWO_JOBS}    edges:\n      b->a: {source_job: a, target_job: b, condition_type: on_job_failure}\n`,
    );
    expect(workflow.edges).toMatchObject([
      { key: 'b->a', sourceTrigger: null, sourceJob: 'a', targetJob: 'b' },
    ]);
  });

  it('takes `condition` for condition_type, as documents of 2023 write it', async () => {
    const { workflow, warnings } = await readWorkflow(
      `${TWO_JOBS}    edges:\n      e: {source_job: a, target_job: b, condition: on_job_failure}\n`,
    );
    expect(workflow.edges[0]?.conditionType).toBe('on_job_failure');
    expect(warnings).toEqual([]);
  });

  it('takes a missing condition type as always, with a warning, and a missing enabled as true', async () => {
    const { workflow, warnings } = await readWorkflow(
      `${TWO_JOBS}    edges:\n      e: {source_job: a, target_job: b}\n`,
    );
    expect(workflow.edges[0]).toMatchObject({ conditionType: 'always', enabled: true });
    expect(workflow.triggers[0]?.enabled).toBe(true);
    expect(brief(warnings)).toEqual(['MISSING_CONDITION 11:7 workflows.flow.edges.e']);
  });

  it('reads everything that a trigger and an edge can hold', async () => {
    const { workflow, errors, warnings } = await readWorkflow(`\
    jobs:
      a: {name: a, adaptor: x, body: ""}
    triggers:
      hook:
        type: webhook
        webhook_reply: after_completion
        webhook_response_config: {success_code: 201, error_code: 500, headers: {x: [1, 'null', null]}}
        enabled: false
      cron: {type: cron, cron_expression: 00 * * * *, cron_cursor_job: a, enabled: true}
      kafka:
        type: kafka
        kafka_configuration:
          hosts: ['localhost:9092', [::1, 9093]]
          topics: [events, 7]
          initial_offset_reset_policy: earliest
          connect_timeout: 30
    edges:
      e:
        source_trigger: kafka
        target_job: a
        condition_type: js_expression
        condition_label: Some label
        condition_expression: |
          !state.errors
        enabled: false
`);
    expect([...errors, ...warnings]).toEqual([]);
    const none = {
      webhookReply: null,
      webhookResponseConfig: null,
      cronExpression: null,
      cronCursorJob: null,
      kafkaConfiguration: null,
    };
    expect(workflow.triggers).toEqual([
      {
        ...none,
        key: 'hook',
        type: 'webhook',
        webhookReply: 'after_completion',
        webhookResponseConfig: { success_code: 201, error_code: 500, headers: { x: [1, 'null', null] } },
        enabled: false,
      },
      { ...none, key: 'cron', type: 'cron', cronExpression: '00 * * * *', cronCursorJob: 'a', enabled: true },
      {
        ...none,
        key: 'kafka',
        type: 'kafka',
        enabled: true,
        kafkaConfiguration: {
          hosts: [
            ['localhost', '9092'],
            ['::1', '9093'],
          ],
          topics: ['events', '7'],
          initialOffsetResetPolicy: 'earliest',
          connectTimeout: 30,
        },
      },
    ]);
    expect(workflow.edges).toEqual([
      {
        key: 'e',
        sourceTrigger: 'kafka',
        sourceJob: null,
        targetJob: 'a',
        conditionType: 'js_expression',
        conditionLabel: 'Some label',
        conditionExpression: '!state.errors',
        enabled: false,
      },
    ]);
  });

  it('leaves out what belongs to a trigger of another type, with a warning', async () => {
    const { workflow, errors, warnings } = await readWorkflow(`\
    jobs:
      a: {name: a, adaptor: x, body: ""}
    triggers:
      hook:
        type: webhook
        cron_expression: never
        cron_cursor_job: b
        kafka_configuration: {hosts: [h], username: u}
      cron: {type: cron, cron_expression: '@daily', kafka_configuration: {topics: [t]}}
`);
    expect(errors).toEqual([]);
    expect(workflow.triggers).toMatchObject([
      { type: 'webhook', cronExpression: null, cronCursorJob: null, kafkaConfiguration: null },
      { type: 'cron', cronExpression: '@daily', kafkaConfiguration: null },
    ]);
    expect(brief(warnings)).toEqual([
      'SETTING_OF_OTHER_TYPE 10:26 workflows.flow.triggers.hook.cron_expression',
      'SETTING_OF_OTHER_TYPE 11:26 workflows.flow.triggers.hook.cron_cursor_job',
      'SETTING_OF_OTHER_TYPE 12:30 workflows.flow.triggers.hook.kafka_configuration',
      'SETTING_OF_OTHER_TYPE 13:74 workflows.flow.triggers.cron.kafka_configuration',
    ]);
  });

  it('takes a reply of any trigger: older Lightnings gave one to each', async () => {
    const { workflow, warnings } = await readWorkflow(
      "    triggers:\n      cron: {type: cron, cron_expression: '@daily', webhook_reply: before_start}\n",
    );
    expect(warnings).toEqual([]);
    expect(workflow.triggers).toMatchObject([{ type: 'cron', webhookReply: 'before_start' }]);
  });

  it('may have several triggers, joins, orphan jobs, cycles among jobs, and two edges with the same ends', async () => {
    const { workflow, errors } = await readWorkflow(`\
    jobs:
      a: {name: a, adaptor: x, body: ""}
      b: {name: b, adaptor: x, body: ""}
      orphan: {name: orphan, adaptor: x, body: ""}
    triggers:
      hook: {type: webhook}
      hook-2: {type: webhook, enabled: false}
    edges:
      1: {source_trigger: hook, target_job: a, condition_type: always}
      2: {source_trigger: hook-2, target_job: a, condition_type: always}
      3: {source_job: a, target_job: b, condition_type: always}
      4: {source_job: a, target_job: b, condition_type: on_job_failure}
      5: {source_job: b, target_job: a, condition_type: always}
      6: {source_job: b, target_job: b, condition_type: always}
`);
    expect(errors).toEqual([]);
    expect(workflow.edges).toHaveLength(6);
  });

  it.each(['', 'adaptor: "", ', 'adaptor: " ", '])(
    'gives a job without an adaptor Lightning’s own, with a warning: %s',
    async (adaptor) => {
      const { workflow, warnings } = await readWorkflow(
        `    jobs:\n      a: {name: a, ${adaptor}body: ""}\n`,
      );
      expect(workflow.jobs[0]?.adaptor).toBe('@openfn/language-common@latest');
      expect(brief(warnings)).toEqual(['MISSING_ADAPTOR 6:7 workflows.flow.jobs.a']);
    },
  );

  it('follows aliases, also between workflows', async () => {
    const read = await readText(
      'name: p\nworkflows:\n  a: &flow\n    name: &name a\n    jobs:\n      j: &job {name: j, adaptor: x, body: "1"}\n' +
        '  b:\n    name: b\n    jobs:\n      j: *job\n',
    );
    expect(read.errors).toEqual([]);
    expect(read.workflows.map(({ jobs }) => jobs)).toEqual([
      [{ key: 'j', name: 'j', adaptor: 'x', credential: null, body: '1' }],
      [{ key: 'j', name: 'j', adaptor: 'x', credential: null, body: '1' }],
    ]);
  });

  it('may be written as JSON', async () => {
    const job = { name: 'a', adaptor: 'x', credential: null, body: 'x\n' };
    const text = JSON.stringify({ name: 'p', workflows: { w: { name: 'w', jobs: { a: job } } } }, null, 2);
    const read = await readText(text);
    expect([...read.errors, ...read.warnings]).toEqual([]);
    expect(read.workflows[0]?.jobs).toEqual([{ key: 'a', ...job }]);
  });

  it('warns of every key that is unknown here, at its place, and of none that holds nothing', async () => {
    const read = await readText(
      'name: p\nchannels: {c: {name: c}}\nglobals: null\nworkflows:\n  w:\n    name: w\n    globals: g\n' +
        '    jobs:\n      a: {name: a, adaptor: x, body: "", enabled: true}\n',
    );
    expect(brief(read.warnings)).toEqual([
      'UNKNOWN_KEY 2:1 channels',
      'UNKNOWN_KEY 7:5 workflows.w.globals',
      'UNKNOWN_KEY 9:42 workflows.w.jobs.a.enabled',
    ]);
  });

  it('does not take Kafka’s user names and passwords, and says so', async () => {
    const { workflow, warnings } = await readWorkflow(
      '    triggers:\n      k: {type: kafka, kafka_configuration: {topics: [t], username: u, password: secret}}\n',
    );
    expect(JSON.stringify(workflow)).not.toContain('secret');
    expect(warnings.map(({ reason, message }) => `${reason} ${message}`)).toEqual([
      'UNKNOWN_KEY "username" is not known here and not imported',
      'UNKNOWN_KEY "password" is not known here and not imported',
    ]);
  });
});

describe('the name of a project', () => {
  it.each([
    ['My Project', 'my-project'],
    ['  Ünï -- Cöde! ', 'n----c-de'],
    ['a_b.c', 'a-b-c'],
    ['UPPER', 'upper'],
  ])('%s becomes a slug, with a warning', async (name, slug) => {
    const read = await readText(`name: ${JSON.stringify(name)}\nworkflows: null\n`);
    expect(read.project).toMatchObject({ name, slug });
    expect(brief(read.warnings)).toEqual(['PROJECT_NAME_CHANGED 1:7 name']);
  });

  it('stays as it is when it may', async () => {
    const read = await readText('name: 2026-08-27\n');
    expect(read.project).toMatchObject({ name: '2026-08-27', slug: '2026-08-27' });
    expect(read.warnings).toEqual([]);
  });

  it.each(['name: 日本', 'name: null', 'description: d'])('is none in `%s`', async (text) => {
    const read = await readText(`${text}\n`);
    expect(read.project?.slug).toBeNull();
    expect(read.errors).toEqual([]);
  });
});

describe('a body', () => {
  it.each([
    ['a clipped block, whose final newline is not content', '|\n          a\n          b\n', 'a\nb'],
    ['a kept block, as it stands', '|+\n          a\n\n', 'a\n\n'],
    ['a stripped block', '|-\n          a\n', 'a'],
    ['a block with an indentation indicator', '|2\n            a\n          b\n', '  a\nb'],
    ['a block with a comment in its header', '| # +\n          a\n', 'a'],
    ['a folded block', '>\n          a\n          b\n', 'a b'],
    ['a kept folded block', '>+\n          a\n\n', 'a\n\n'],
    ['single quotes', "'it''s\n\n          two'", "it's\ntwo"],
    ['double quotes', '"a\\n"', 'a\n'],
    ['a plain scalar', '// PLACEHOLDER 1', '// PLACEHOLDER 1'],
    ['a plain scalar of several lines', 'a\n          b', 'a b'],
    ['an empty block', '|\n', ''],
    ['content beside a path', '{path: x.js, content: "a"}', 'a'],
    ['empty content beside a path', '{path: x.js, content: ""}', ''],
  ])('may be %s', async (_, body, expected) => {
    expect(await readBody(body)).toBe(expected);
  });

  it('of several megabytes is read whole', async () => {
    const line = 'fn(state => state); // é\n';
    const lines = Array.from({ length: 100_000 }, () => line);
    expect(await readBody(`|\n${lines.map((text) => `          ${text}`).join('')}`)).toBe(
      lines.join('').trimEnd(),
    );
  });

  it.each([
    ['a\n', 'a'],
    ['a\n\n', 'a\n\n'],
    ['a', 'a'],
    ['a\r\n', 'a'],
    ['a\r\nb\r\n', 'a\r\nb'],
    ['a\r\n\r\n', 'a\r\n\r\n'],
    ['\r\n', ''],
  ])('from a file that holds %j is %j', async (text, body) => {
    expect(await readBody('{path: ./x.js}', new Map([['x.js', text]]))).toBe(body);
  });

  it('whose file is missing is empty with a warning where that is allowed', async () => {
    const text = project('    jobs:\n      a: {name: a, adaptor: x, body: {path: x.js}}\n');
    const read = await readText(text, { allowMissingFiles: true });
    expect(read.workflows[0]?.jobs[0]?.body).toBe('');
    expect(brief(read.warnings)).toEqual(['MISSING_FILE 6:38 workflows.flow.jobs.a.body']);
    expect(read.errors).toEqual([]);
  });

  it('that is not there at all is empty, with a warning', async () => {
    const { workflow, warnings } = await readWorkflow('    jobs:\n      a: {name: a, adaptor: x}\n');
    expect(workflow.jobs[0]?.body).toBe('');
    expect(brief(warnings)).toEqual(['MISSING_BODY 6:7 workflows.flow.jobs.a']);
  });
});

describe('a workflow of format v1 by itself', () => {
  it('is known by its sections, in any order', async () => {
    const read = await readText('edges: {}\ntriggers: {hook: {type: webhook}}\njobs: {}\nname: my flow\n');
    expect(read.parts).toMatchObject([
      { kind: 'shape', shape: 'v1_workflow' },
      { kind: 'workflow', value: { key: 'my flow', name: 'my flow', triggers: [{ key: 'hook' }] } },
    ]);
  });
});
