import fc from 'fast-check';
import { byteOrder } from '../../../src/database/byte-order.ts';
import type {
  DocumentEdge,
  DocumentHeader,
  DocumentJob,
  DocumentTrigger,
  DocumentWorkflow,
} from '../../../src/exchange/document.ts';
import { ofItsType } from './of-its-type.ts';

const resolvedWords = `
  y Y n N yes Yes NO on off Off true False null Null ~ .inf .NaN = <<
  0 12 -12 +12 007 0o17 0x1f 0xAF 0b101 1_000 1e3 12e03 E1 1.5 1. .5 685_230.15 1.2.3
  12:30 12:30:45 190:20:30.15 2026-08-27 2026-8-7 2026-08-27t10:00:00Z
`;

const indicators = `
  - --- ... -a a- ? ?a | |a > >a * *a & &a ! !a % %a @a \`a\` " "a" ' 'a' it's \\ : a: :a # #a a#b
  , a,b [ [] [a] { {} {a} constructor __proto__ toString é 日本 \u{1f600}
`;

/** Strings that some reader of YAML takes for something else, or that break a line or a quote. */
const treacherousStrings: readonly string[] = [
  ...resolvedWords.trim().split(/\s+/),
  ...indicators.trim().split(/\s+/),
  ...[
    '',
    ' ',
    '  ',
    'a ',
    ' a',
    'a\t',
    '\ta',
    '- a',
    '--- a',
    '? a',
    '| a',
    '> a',
    '!!str a',
    ': a',
    'a: b',
    'a #b',
  ],
  ...['a\n', '\n', '\n\n', '\na', 'a\rb', 'a\r\nb\r\n', '2026-08-27 10:00:00', 'Ünï code'],
  ...[
    'a\u0000b',
    '\u007f',
    'a\u0085b',
    'a\u00a0',
    '\u2028a',
    'a\u2029',
    '\ufeffa',
    'a\ufeff',
    '\ufffe',
    '\uffff',
  ],
  ...['\ud800', 'a\udc00b', 'a'.repeat(1500), ' '.repeat(1500), 'word '.repeat(400), 'x\u0000'.repeat(300)],
];

const anyString = fc.oneof(
  fc.constantFrom(...treacherousStrings),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    maxLength: 6,
  }),
  fc.string({ unit: fc.constantFrom(...'aZ09 -_.:#\'"\n\t@>/?|&*!%[]{},~=\\'), maxLength: 10 }),
);

const line = fc.oneof(
  fc.constantFrom(
    '',
    '',
    ' ',
    '  ',
    '\t',
    ' \t',
    'a',
    '  a',
    '\tb',
    '# c',
    'key: value',
    '- d',
    '---',
    '...',
    '%e',
    'f ',
  ),
  fc.string({ maxLength: 6 }),
);

const anyText = fc.oneof(
  anyString,
  fc.array(line, { maxLength: 7 }).map((lines) => lines.join('\n')),
  fc.array(line, { maxLength: 4 }).map((lines) => lines.join('\r\n')),
);

const optionalString = fc.option(anyString);

const job: fc.Arbitrary<DocumentJob> = fc.record({
  key: anyString,
  name: anyString,
  adaptor: anyString,
  credential: optionalString,
  body: anyText,
});

const trigger: fc.Arbitrary<DocumentTrigger> = fc.record({
  key: anyString,
  type: fc.constantFrom('webhook', 'cron', 'kafka'),
  webhookReply: optionalString,
  webhookResponseConfig: fc.option(
    fc.dictionary(
      anyString.filter((key) => key !== '__proto__'),
      fc.oneof(anyString, fc.integer(), fc.boolean()),
      { minKeys: 1, maxKeys: 3 },
    ),
  ),
  cronExpression: optionalString,
  cronCursorJob: optionalString,
  enabled: fc.boolean(),
  kafkaConfiguration: fc.option(
    fc.record({
      hosts: fc.array(fc.tuple(anyString, fc.nat(65535).map(String)), { maxLength: 2 }),
      topics: fc.array(anyString, { minLength: 1, maxLength: 2 }),
      initialOffsetResetPolicy: optionalString,
      connectTimeout: fc.option(fc.nat(600)),
    }),
  ),
});

const edge: fc.Arbitrary<DocumentEdge> = fc.record({
  key: anyString,
  sourceTrigger: optionalString,
  sourceJob: optionalString,
  targetJob: anyString,
  conditionType: fc.constantFrom('always', 'on_job_success', 'on_job_failure', 'js_expression'),
  conditionLabel: optionalString,
  conditionExpression: fc.option(anyText),
  enabled: fc.boolean(),
});

const workflow: fc.Arbitrary<DocumentWorkflow> = fc.record({
  key: anyString,
  name: anyString,
  jobs: distinct(job, 3),
  triggers: distinct(trigger.map(ofItsType), 2),
  edges: distinct(edge, 3),
});

const header: fc.Arbitrary<DocumentHeader> = fc.record({
  name: anyString,
  description: fc.option(anyText),
  collections: sorted(fc.record({ key: anyString, name: anyString })),
  credentials: sorted(fc.record({ key: anyString, name: anyString, owner: anyString })),
});

/** Documents whose every string is arbitrary, as an export may write them: keys distinct, sorted where it sorts. */
export const anyDocument = fc.record({ header, workflows: sorted(workflow) });

function distinct<T extends { readonly key: string }>(entry: fc.Arbitrary<T>, maxLength: number) {
  return fc.uniqueArray(entry, { selector: ({ key }) => key, maxLength });
}

function sorted<T extends { readonly key: string }>(entry: fc.Arbitrary<T>) {
  return distinct(entry, 3).map((entries) => entries.toSorted((a, b) => byteOrder(a.key, b.key)));
}
