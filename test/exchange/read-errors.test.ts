import { describe, expect, it } from 'vitest';
import { readDocument } from '../../src/exchange/read-document.ts';
import { brief, readText } from './support/read-text.ts';

/** A workflow by itself, its jobs a and b and its trigger hook on the first lines. */
function flow(rest: string): string {
  return `\
name: flow
jobs: {a: {name: a, adaptor: x, body: ""}, b: {name: b, adaptor: x, body: ""}}
triggers:
  hook: {type: webhook}
${rest}`;
}

const edge = (fields: string): string => flow(`edges:\n  e: {${fields}}\n`);
const steps = (text: string): string => `name: flow\nsteps:\n${text}`;
const listed = (fields: string): string => `name: p\nworkflows:\n  - {${fields}, steps: []}\n`;
const collections = (item: string): string => `name: p\ncollections: [${item}]\nworkflows: []\n`;

describe('an error with its place', () => {
  it.each([
    // What a document is
    ['an empty document', '', 'UNKNOWN_SHAPE 1:1 '],
    ['only comments', '# nothing\n', 'UNKNOWN_SHAPE 1:1 '],
    ['a list', '- a\n', 'NOT_A_MAPPING 1:1 '],
    ['a text', 'hello\n', 'NOT_A_MAPPING 1:1 '],
    ['a mapping of something else', 'a: 1\n', 'UNKNOWN_SHAPE 1:1 '],
    ['a second document', 'name: p\n---\nname: q\n', 'MULTIPLE_DOCUMENTS 2:1 '],
    ['a second document in braces', '{name: p}\n---\n{name: q}\n', 'MULTIPLE_DOCUMENTS 2:1 '],
    ['something after the end marker', 'name: p\n...\nname: q\n', 'MULTIPLE_DOCUMENTS 3:1 '],
    [
      'state by its links',
      'name: p\nworkflows:\n  w:\n    edges:\n      e: {source_job_id: 1}\n',
      'CLI_STATE 3:3 workflows.w',
    ],
    ['state by its lists', 'name: p\nworkflows:\n  - name: w\n    jobs: []\n', 'CLI_STATE 3:5 workflows.0'],
    ['state by its credentials', 'name: p\nproject_credentials: []\n', 'CLI_STATE 1:1 '],
    ['a workflow’s state', 'name: w\nedges: {e: {target_job_id: 1}}\n', 'CLI_STATE 1:1 '],
    // YAML
    ['broken YAML', 'name: p\nworkflows:\n  w:\n    name: "x\n', 'YAML_MISSING_CHAR 5:1 workflows.w.name'],
    ['a tab for indentation', 'name: p\nworkflows:\n\tw: {}\n', 'YAML_TAB_AS_INDENT 3:1 workflows'],
    ['a key given twice', 'name: p\nname: q\n', 'DUPLICATE_KEY 2:1 name'],
    [
      'a workflow given twice',
      'workflows:\n  w: {name: w}\n  w: {name: v}\n',
      'DUPLICATE_KEY 3:3 workflows.w',
    ],
    [
      'a field given twice',
      flow('').replace('name: a', 'name: a, name: c'),
      'DUPLICATE_KEY 2:21 jobs.a.name',
    ],
    ['an unknown tag', 'name: !foo p\n', 'YAML_TAG_RESOLVE_FAILED 1:7 name'],
    ['a tag of YAML 1.1', 'name: !!binary cA==\n', 'YAML_TAG_RESOLVE_FAILED 1:7 name'],
    ['an unknown alias', 'name: *p\n', 'UNKNOWN_ALIAS 1:7 name'],
    ['an alias before its anchor', 'name: *p\ndescription: &p d\n', 'UNKNOWN_ALIAS 1:7 name'],
    ['an alias inside its anchor', 'name: p\nworkflows: &w {w: *w}\n', 'ALIAS_CYCLE 2:19 workflows.w'],
    ['a key that is a list', 'name: p\n? [a]\n: b\n', 'YAML_NON_STRING_KEY 2:3 '],
    ['a NUL', 'name: "a\\0"\n', 'BAD_CHARACTER 1:7 name'],
    ['half of a surrogate pair', 'name: p\ndescription: "\\ud800"\n', 'BAD_CHARACTER 2:14 description'],
    // Kinds of values
    ['a list for a text', 'name: [p]\n', 'NOT_A_SCALAR 1:7 name'],
    ['a text for a mapping', flow('edges: x\n'), 'NOT_A_MAPPING 5:8 edges'],
    ['a text for a workflow', 'name: p\nworkflows: {w: x}\n', 'NOT_A_MAPPING 2:16 workflows.w'],
    ['a text for workflows', 'name: p\nworkflows: x\n', 'NOT_A_MAPPING 2:12 workflows'],
    ['a text for a list', steps('  x\n'), 'NOT_A_LIST 3:3 steps'],
    [
      'yes for true',
      flow('').replace('webhook', 'webhook, enabled: yes'),
      'NOT_A_BOOLEAN 4:34 triggers.hook.enabled',
    ],
    // What must be there
    ['a workflow without a name', 'workflows: {w: {jobs: {}}}\n', 'MISSING_NAME 1:13 workflows.w'],
    ['a workflow that is null', 'name: p\nworkflows:\n  w:\n', 'MISSING_NAME 3:3 workflows.w'],
    ['a job without a name', flow('').replace('name: a, ', ''), 'MISSING_NAME 2:8 jobs.a'],
    ['a collection without a name', 'name: p\ncollections: {c: {}}\n', 'MISSING_NAME 2:15 collections.c'],
    [
      'a credential without an owner',
      'name: p\ncredentials: {c: {name: c}}\n',
      'MISSING_OWNER 2:15 credentials.c',
    ],
    ['a step without id and name', steps('  - {adaptor: x, expression: ""}\n'), 'MISSING_ID 3:5 steps.0'],
    [
      'a step whose id is empty',
      steps('  - {id: "", adaptor: x, expression: ""}\n'),
      'MISSING_ID 3:5 steps.0',
    ],
    [
      'a step whose name is empty',
      steps('  - {id: a, name: "", adaptor: x, expression: ""}\n'),
      'MISSING_NAME 3:5 steps.0',
    ],
    ['a workflow of steps whose name is empty', 'id: w\nname: ""\nsteps: []\n', 'MISSING_NAME 1:1 '],
    ['a listed workflow whose name is empty', listed('id: w, name: ""'), 'MISSING_NAME 3:5 workflows.0'],
    ['a listed workflow whose id is empty', listed('id: ""'), 'MISSING_NAME 3:5 workflows.0'],
    [
      'a workflow of steps under an empty key',
      'workflows: {"": {steps: []}}\n',
      'MISSING_NAME 1:13 workflows.',
    ],
    ['a listed collection that is empty', collections('""'), 'MISSING_NAME 2:15 collections.0'],
    ['a listed collection that is null', collections('null'), 'MISSING_NAME 2:15 collections.0'],
    ['a listed collection whose name is empty', collections('{name: ""}'), 'MISSING_NAME 2:15 collections.0'],
    ['a body without path and content', flow('').replace('""', '{x: y}'), 'MISSING_BODY 2:39 jobs.a.body'],
    ['a missing file', flow('').replace('""', '{path: x.js}'), 'MISSING_FILE 2:39 jobs.a.body'],
    // Names
    ['two jobs of one name', flow('').replace('name: b', 'name: a'), 'DUPLICATE_NAME 2:44 jobs.b'],
    [
      'two workflows of one name',
      'workflows:\n  a: {name: w}\n  b: {name: w}\n',
      'DUPLICATE_NAME 3:3 workflows.b',
    ],
    [
      'two steps of one id',
      steps('  - {id: a, type: webhook}\n  - {id: a, type: webhook}\n'),
      'DUPLICATE_KEY 4:5 steps.1',
    ],
    // Triggers
    [
      'an unknown trigger type',
      flow('').replace('webhook', 'manual'),
      'UNKNOWN_TRIGGER_TYPE 4:16 triggers.hook.type',
    ],
    [
      'a trigger without a type',
      flow('').replace('type: webhook', ''),
      'UNKNOWN_TRIGGER_TYPE 4:3 triggers.hook',
    ],
    [
      'an unknown reply',
      flow('').replace('webhook', 'webhook, webhook_reply: x'),
      'UNKNOWN_WEBHOOK_REPLY 4:40 triggers.hook.webhook_reply',
    ],
    [
      'a bad cron expression',
      flow('').replace('webhook', 'cron, cron_expression: hourly'),
      'BAD_CRON_EXPRESSION 4:39 triggers.hook.cron_expression',
    ],
    [
      'a cron expression that is too long',
      flow('').replace('webhook', `cron, cron_expression: "0 0 * * *${' '.repeat(247)}"`),
      'TOO_LONG 4:39 triggers.hook.cron_expression',
    ],
    [
      'an unknown cursor',
      flow('').replace('webhook', 'cron, cron_expression: "@daily", cron_cursor_job: x'),
      'UNKNOWN_CURSOR_JOB 4:66 triggers.hook.cron_cursor_job',
    ],
    [
      'a Kafka host without a port',
      flow('').replace('webhook', 'kafka, kafka_configuration: {hosts: [h]}'),
      'BAD_KAFKA_HOST 4:53 triggers.hook.kafka_configuration.hosts.0',
    ],
    [
      'a Kafka host whose port is none',
      flow('').replace('webhook', 'kafka, kafka_configuration: {hosts: [[h, "a:1"]]}'),
      'BAD_KAFKA_HOST 4:53 triggers.hook.kafka_configuration.hosts.0',
    ],
    [
      'a timeout that is no number',
      flow('').replace('webhook', 'kafka, kafka_configuration: {connect_timeout: -1}'),
      'NOT_A_NUMBER 4:62 triggers.hook.kafka_configuration.connect_timeout',
    ],
    // Edges
    ['an edge without a source', edge('target_job: a, condition_type: always'), 'NO_SOURCE 6:3 edges.e'],
    [
      'an edge with two sources',
      edge('source_trigger: hook, source_job: a, target_job: b, condition_type: always'),
      'TWO_SOURCES 6:3 edges.e',
    ],
    ['an edge without a target', edge('source_job: a, condition_type: always'), 'NO_TARGET 6:3 edges.e'],
    [
      'an edge from nowhere',
      edge('source_job: x, target_job: a, condition_type: always'),
      'UNKNOWN_SOURCE 6:19 edges.e.source_job',
    ],
    [
      'an edge from no trigger',
      edge('source_trigger: a, target_job: b, condition_type: always'),
      'UNKNOWN_SOURCE 6:23 edges.e.source_trigger',
    ],
    [
      'an edge to nowhere',
      edge('source_job: a, target_job: x, condition_type: always'),
      'UNKNOWN_TARGET 6:34 edges.e.target_job',
    ],
    [
      'a cycle back to a trigger',
      edge('source_job: a, target_job: hook, condition_type: always'),
      'TRIGGER_AS_TARGET 6:34 edges.e.target_job',
    ],
    [
      'an unknown condition type',
      edge('source_job: a, target_job: b, condition_type: x'),
      'UNKNOWN_CONDITION_TYPE 6:53 edges.e.condition_type',
    ],
    [
      'a js_expression without one',
      edge('source_job: a, target_job: b, condition_type: js_expression'),
      'MISSING_EXPRESSION 6:3 edges.e',
    ],
    [
      'a js_expression that is one line end',
      edge('source_job: a, target_job: b, condition_type: js_expression, condition_expression: "\\n"'),
      'MISSING_EXPRESSION 6:3 edges.e',
    ],
    [
      'a step that leads nowhere',
      steps('  - {id: h, type: webhook, next: x}\n'),
      'UNKNOWN_TARGET 3:34 steps.0.next',
    ],
    [
      'a step that leads to a trigger',
      steps('  - {id: h, type: webhook, next: {h: true}}\n'),
      'TRIGGER_AS_TARGET 3:35 steps.0.next.h',
    ],
    [
      'two adaptors',
      steps('  - {id: a, adaptors: [x, y], expression: ""}\n'),
      'TWO_ADAPTORS 3:27 steps.0.adaptors.1',
    ],
  ])('%s', async (_, text, expected) => {
    const { errors } = await readText(text);
    expect(brief(errors)).toEqual([expected]);
  });
});

describe('the problems of a document', () => {
  it('are told all at once, each workflow’s before the workflow', async () => {
    const read = await readText(`\
name: My Project
workflows:
  one:
    name: one
    jobs: {a: {name: a, adaptor: x, body: {path: 1.js}}}
    triggers: {t: {type: x}}
  two:
    name: "broken
  three:
    name: three
    edges: {e: {source_job: a, target_job: b}}
`);
    expect(read.parts.map((part) => (part.kind === 'problem' ? part.problem.reason : part.kind))).toEqual([
      'shape',
      'PROJECT_NAME_CHANGED',
      'MISSING_FILE',
      'UNKNOWN_TRIGGER_TYPE',
      'project',
      'workflow',
      'YAML_MISSING_CHAR',
      'MISSING_CONDITION',
      'UNKNOWN_SOURCE',
      'UNKNOWN_TARGET',
      'workflow',
    ]);
  });

  it('name what they are about', async () => {
    const { errors } = await readText(edge('source_job: a, target_job: nowhere, condition_type: always'));
    expect(errors[0]).toMatchObject({ severity: 'error', message: expect.stringMatching(/"e".*"nowhere"/) });
  });

  it('beyond a thousand of a severity are counted', async () => {
    const jobs = Array.from({ length: 1500 }, (_, index) => `      j${index}: {name: j${index}, body: ""}\n`);
    const edges = Array.from({ length: 1200 }, (_, index) => `      e${index}: {}\n`);
    const text = `name: p\nworkflows:\n  w:\n    name: w\n    jobs:\n${jobs.join('')}    edges:\n${edges.join('')}`;
    const { errors, warnings } = await readText(text);
    expect(errors).toHaveLength(1001);
    expect(errors.at(-1)).toMatchObject({
      reason: 'MORE_PROBLEMS',
      message: '1400 more errors are not listed',
    });
    expect(warnings).toHaveLength(1001);
    expect(warnings.at(-1)?.message).toBe('1700 more warnings are not listed');
  });

  it('do not include what the source throws: that goes through', async () => {
    await expect(Array.fromAsync(readDocument(failing()))).rejects.toThrow('connection lost');
  });
});

async function* failing(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('name: p\n');
  throw new Error('connection lost');
}
