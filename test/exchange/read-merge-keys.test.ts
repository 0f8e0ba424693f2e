import { describe, expect, it } from 'vitest';
import { brief, readText } from './support/read-text.ts';

describe('a merge key of YAML 1.1', () => {
  it.each([
    [
      'in a workflow of a project',
      'name: p\nworkflows:\n  a: &a\n    name: a\n  b:\n    <<: *a\n    name: b\n',
      ['MERGE_KEY 6:5 workflows.b.<<'],
    ],
    [
      'with a mapping of its own, in a job',
      'name: p\nworkflows:\n  w:\n    name: w\n    jobs:\n      a: {<<: {adaptor: x}, name: a, body: ""}\n',
      ['MERGE_KEY 6:11 workflows.w.jobs.a.<<'],
    ],
    ['at the root', '<<: {workflows: null}\nname: p\n', ['MERGE_KEY 1:1 <<']],
    [
      'in place of a workflow',
      'name: p\nworkflows:\n  <<: {a: {name: a}}\n  b: {name: b}\n',
      ['MERGE_KEY 3:3 workflows.<<'],
    ],
    ['in a workflow by itself', 'name: w\njobs: {a: {<<: {}}}\ntriggers: {}\n', ['MERGE_KEY 2:12 jobs.a.<<']],
    [
      'in the steps of format v2, more than one',
      'name: w\nsteps:\n  - &a {id: a, adaptor: x, expression: "1"}\n  - {<<: *a, id: b}\n  - id: c\n    next: {<<: {a: true}}\n',
      ['MERGE_KEY 4:6 steps.1.<<', 'MERGE_KEY 6:12 steps.2.next.<<'],
    ],
    [
      'in a project of format v2',
      'name: p\nworkflows:\n  - <<: {name: w}\n    steps: []\n',
      ['MERGE_KEY 3:5 workflows.0.<<'],
    ],
    [
      'below a key that is unknown, and of an explicit key',
      'name: p\nchannels:\n  c:\n    ? <<\n    : {name: c}\nworkflows: null\n',
      ['MERGE_KEY 4:7 channels.c.<<'],
    ],
    [
      'whose alias has no anchor, besides it',
      'name: p\nworkflows: {w: {<<: *x}}\n',
      ['MERGE_KEY 2:17 workflows.w.<<', 'UNKNOWN_ALIAS 2:21 workflows.w.<<'],
    ],
  ])('is an error %s', async (_, text, expected) => {
    const { errors } = await readText(text);
    expect(brief(errors)).toEqual(expected);
    expect(errors[0]?.message).toContain('written out');
  });

  it('is none in a text, and none in quotes', async () => {
    const { errors, warnings, workflows } = await readText(
      'name: p\nworkflows:\n  w:\n    name: <<\n    jobs:\n' +
        '      "<<": {name: <<, adaptor: x, body: "<<: *a"}\n' +
        '      b:\n        name: b\n        adaptor: x\n        body: |\n          <<: *a\n',
    );
    expect([...errors, ...warnings]).toEqual([]);
    expect(workflows[0]?.jobs.map(({ key, name, body }) => [key, name, body])).toEqual([
      ['<<', '<<', '<<: *a'],
      ['b', 'b', '<<: *a'],
    ]);
  });
});
