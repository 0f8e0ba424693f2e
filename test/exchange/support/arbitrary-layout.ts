import fc from 'fast-check';

/** Lines that look like the structure around the scalar that they stand in. */
const treacherousLine = fc.constantFrom(
  'workflows:',
  'name: x',
  '  name: x',
  'w1:',
  '  w1:',
  '- id: x',
  '  - id: x',
  '--- a',
  '...',
  '? a',
  ': b',
  '# no comment',
  '{ a: [',
  '"',
  "it's",
  '&a *b !c',
  '%YAML 1.1',
  'x\u2028workflows:',
  'a\u0085b',
  '\tname: x',
  'é日\u{1f600}',
  '',
  '',
  ' ',
  '   ',
);

const lines = fc.array(treacherousLine, { minLength: 1, maxLength: 6 });

const scalarLine = fc.constantFrom('a', 'two words', 'name', 'workflows', 'é日\u{1f600}', 'x # y: z');

type Layout = (indent: string) => string;

/** A block scalar after a key at that indentation; its first line shows how far it is indented. */
const blockScalar: fc.Arbitrary<Layout> = fc
  .record({
    style: fc.constantFrom('|', '>'),
    chomping: fc.constantFrom('', '+', '-'),
    comment: fc.constantFrom('', ' # comment'),
    step: fc.integer({ min: 1, max: 4 }),
    lines,
  })
  .map(({ style, chomping, comment, step, lines }) => (indent) => {
    const content = ['first', ...lines].map((line) =>
      line === '' ? '\n' : `${indent}${' '.repeat(step)}${line}\n`,
    );
    return ` ${style}${chomping}${comment}\n${content.join('')}`;
  });

/** Quotes and flow collections over several lines, with blank lines and comments where YAML allows them. */
const flowScalar: fc.Arbitrary<Layout> = fc
  .record({
    quote: fc.constantFrom('"', "'"),
    lines: fc.array(scalarLine, { maxLength: 3 }),
    isApart: fc.boolean(),
  })
  .map(
    ({ quote, lines, isApart }) =>
      (indent) =>
        ` ${quote}a: b${lines.map((line) => `${isApart ? '\n' : ''}\n${indent} ${line}:`).join('')}${quote}\n`,
  );

const scalar: fc.Arbitrary<Layout> = fc.oneof(
  { weight: 3, arbitrary: blockScalar },
  flowScalar,
  fc.array(fc.constantFrom('a', 'two words', 'é')).map(
    (words): Layout =>
      (indent) => {
        const rest = words.map((word) => `\n${indent}  ${word}`);
        return ` plain${rest.join('')}\n`;
      },
  ),
);

const comment: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  fc.constantFrom('# name: x\n', '  # - x\n', '    # w9:\n', '\n', '\n\n', '  \n'),
);

const job: fc.Arbitrary<Layout> = fc.record({ body: scalar, comment, isFlow: fc.boolean() }).map(
  ({ body, comment, isFlow }) =>
    (indent) =>
      isFlow
        ? ` {name: a,\n${indent}  adaptor: x, # comment\n\n${indent}  body: "}"\n${indent}  }\n`
        : `\n${indent}  adaptor: x\n${indent}  body:${body(`${indent}  `)}${comment}${indent}  name: a\n`,
);

const v1Workflow: fc.Arbitrary<Layout> = fc
  .record({ job, comment, unknown: scalar, isListAtKey: fc.boolean() })
  .map(({ job, comment, unknown, isListAtKey }) => (indent) => {
    const list = `${indent}${isListAtKey ? '' : '  '}- x\n`;
    return (
      `${indent}name: NAME\n${comment}${indent}jobs:\n${indent}  a:${job(`${indent}  `)}` +
      `${indent}unknown:${unknown(indent)}${indent}list:\n${list}${comment}`
    );
  });

const v2Workflow: fc.Arbitrary<Layout> = fc
  .record({ expression: scalar, comment, isListAtKey: fc.boolean() })
  .map(({ expression, comment, isListAtKey }) => (indent) => {
    const step = `${indent}${isListAtKey ? '' : '  '}`;
    return (
      `id: NAME\n${comment}${indent}steps:\n${step}- id: a\n${comment}${step}  adaptor: x\n` +
      `${step}  expression:${expression(`${step}  `)}${comment}`
    );
  });

const mapping: fc.Arbitrary<string> = fc
  .record({
    indent: fc.integer({ min: 1, max: 5 }),
    key: fc.constantFrom('wN:', '"w: N":', "'w''N' :", 'w N: # comment', '-wN:', '? wN\n_:'),
    workflows: fc.array(v1Workflow, { minLength: 1, maxLength: 4 }),
    comment,
  })
  .map(({ indent, key, workflows, comment }) => {
    const deep = ' '.repeat(indent);
    return workflows
      .map((workflow, index) => {
        const entry = key.replaceAll('N', String(index)).replace('_', deep);
        return `${deep}${entry}\n${workflow(`${deep}  `).replace('NAME', `n${index}`)}${comment}`;
      })
      .join('');
  });

const list: fc.Arbitrary<string> = fc
  .record({
    indent: fc.integer({ min: 0, max: 4 }),
    gap: fc.constantFrom(' ', '   '),
    workflows: fc.array(v2Workflow, { minLength: 1, maxLength: 4 }),
  })
  .map(({ indent, gap, workflows }) => {
    const deep = ' '.repeat(indent);
    return workflows
      .map((workflow, index) => `${deep}-${gap}${workflow(`${deep} ${gap}`).replace('NAME', `n${index}`)}`)
      .join('');
  });

const blockWorkflows = fc
  .record({
    key: fc.constantFrom('workflows:', '"workflows" :', "'workflows': # the workflows", 'workflows:  '),
    comment,
    entries: fc.oneof(mapping, list),
  })
  .map(({ key, comment, entries }) => `${key}\n${comment}${entries}`);

const workflows = fc.oneof(
  { weight: 4, arbitrary: blockWorkflows },
  fc.constantFrom(
    'workflows:\n',
    'workflows: null # none\n',
    'workflows: {w0: {name: n0},\n  w1: {name: n1}\n  }\n',
    'workflows: {\n  w0: {name: n0},\n  "w1": {name: n1} }\n',
    'workflows:\n  {w0: {name: n0},\n  w1: {name: n1}}\n',
    'workflows: {w0: # comment\n  {name: n0},\n  w1: {name: n1}}\n',
    'workflows:\n  !!map\n  w0: {name: n0}\n',
  ),
);

const rootEntries = fc
  .record({
    description: scalar,
    unknown: scalar,
    collections: fc.constantFrom(
      'collections:\n- a\n# comment\n- b\n',
      'collections: {a: {name: a},\n\n # comment\n b: {name: b}}\n',
      'collections:\n  a:\n    name: a\n\n',
    ),
  })
  .map(({ description, unknown, collections }) => [
    'name: p\n',
    `description:${description('')}`,
    collections,
    `"odd key":${unknown('')}`,
  ]);

/** Ends without a line break, or with a marker and comments after it. */
const ending = fc.constantFrom('', '# end\n', '...\n', '...\n# end\n\n');

/**
 * Valid documents of many layouts in block style, whose scalars hold lines that look like the structure around
 * them; without a start line.
 */
export const anyLayout: fc.Arbitrary<string> = fc
  .record({
    rootEntries,
    workflows,
    comment,
    ending,
    place: fc.nat(4),
    lineBreak: fc.constantFrom('\n', '\r\n'),
  })
  .map(({ rootEntries, workflows, comment, ending, place, lineBreak }) =>
    (comment + rootEntries.toSpliced(place, 0, workflows).join(comment) + ending).replaceAll('\n', lineBreak),
  );

/** The same, but that the workflows come last. */
export const anyLayoutWithWorkflowsLast: fc.Arbitrary<string> = fc
  .record({ rootEntries, workflows })
  .map(({ rootEntries, workflows }) => rootEntries.join('') + workflows);
