import fc from 'fast-check';
import { byteOrder } from '../../../src/database/byte-order.ts';
import type { DocumentJob, DocumentTrigger, DocumentWorkflow } from '../../../src/exchange/document.ts';
import { credentialKey, documentKey, edgeKeys, triggerKeys } from '../../../src/exchange/write-keys.ts';
import { ofItsType } from './of-its-type.ts';

/** Names and texts that a project may hold: any Unicode but what PostgreSQL does not take. */
const anyText = fc
  .oneof(
    fc.constantFrom(
      '',
      'a',
      'A',
      'a b',
      'a-b',
      'a  b',
      'a-2',
      ' a',
      'a ',
      'on',
      '~',
      '1e3',
      '2026-08-27',
      '- a',
      '? a',
    ),
    fc.constantFrom(
      'a->b',
      'a: b',
      'a #b',
      '"',
      "'",
      '\\',
      'é',
      '\u{1f600}',
      '\uffff',
      '\u2028',
      '\ufeff',
      'a\tb',
      '\u0001',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
  )
  .filter(isStorable);

const anyName = anyText.filter((name) => name !== '');

const line = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '  ',
    '\t',
    'a',
    '  a',
    '# c',
    'key: value',
    '- d',
    '---',
    '...',
    '%e',
    'f ',
    '\r',
    '&a *a',
  ),
  fc.string({ maxLength: 6 }).filter(isStorable),
);

/** A body or a condition, now and then a long one. */
const anyCode = fc.oneof(
  { arbitrary: fc.array(line, { maxLength: 7 }).map((lines) => lines.join('\n')), weight: 20 },
  { arbitrary: anyText, weight: 10 },
  { arbitrary: fc.integer({ min: 1000, max: 20_000 }).map((lines) => '  line;\n'.repeat(lines)), weight: 1 },
);

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

function jobsWith(credential: fc.Arbitrary<string> | undefined): fc.Arbitrary<DocumentJob[]> {
  const job = fc.record({
    name: anyName,
    adaptor: anyText.filter((adaptor) => adaptor.trim() !== ''),
    credential: credential === undefined ? fc.constant(null) : fc.option(credential, { freq: 2 }),
    body: anyCode,
  });
  return fc
    .uniqueArray(job, { selector: ({ name }) => documentKey(name), maxLength: 4 })
    .map((jobs) => jobs.map((job) => ({ key: documentKey(job.name), ...job })));
}

const anyTriggers = fc
  .array(
    fc.record({
      type: fc.constantFrom('webhook', 'cron', 'kafka'),
      webhookReply: fc.option(fc.constantFrom('before_start', 'after_completion', 'custom')),
      webhookResponseConfig: fc.option(
        fc.dictionary(
          anyName.filter((key) => key !== '__proto__'),
          fc.oneof(
            anyText,
            fc.integer(),
            fc.boolean(),
            fc.double({ noNaN: true, noDefaultInfinity: true }),
            fc.constant(null),
          ),
          { minKeys: 1, maxKeys: 3 },
        ),
      ),
      cronExpression: fc.option(fc.constantFrom('* * * * *', '0 12 * * 1', '@daily')),
      enabled: fc.boolean(),
      kafkaConfiguration: fc.option(
        fc.record({
          hosts: fc.array(fc.tuple(fc.constantFrom('h', '::1', 'a.example.org'), fc.nat(65535).map(String)), {
            maxLength: 2,
          }),
          topics: fc.array(anyName, { maxLength: 2 }),
          initialOffsetResetPolicy: fc.option(fc.constantFrom('earliest', '3')),
          connectTimeout: fc.option(fc.nat(600)),
        }),
      ),
    }),
    { maxLength: 3 },
  )
  .map((triggers) => {
    const keys = triggerKeys(triggers.map(({ type }) => type));
    return triggers.map(
      (trigger, index): DocumentTrigger => ({ key: keys[index] ?? '', cronCursorJob: null, ...trigger }),
    );
  });

/** @param credential keys of credentials that jobs may name */
export function workflowWith(credential: fc.Arbitrary<string> | undefined): fc.Arbitrary<DocumentWorkflow> {
  return fc
    .record({ name: anyName, jobs: jobsWith(credential), triggers: anyTriggers })
    .chain(({ name, jobs, triggers }) =>
      fc.record({
        key: fc.constant(documentKey(name)),
        name: fc.constant(name),
        jobs: fc.constant(jobs),
        triggers: withCursors(triggers, jobs),
        edges: edgesBetween(triggers, jobs),
      }),
    );
}

/** A workflow as a document may hold it: distinct keys and names, links that lead somewhere. */
export const anyWorkflow = workflowWith(fc.constantFrom('x', 'y'));

function withCursors(triggers: readonly DocumentTrigger[], jobs: readonly DocumentJob[]) {
  const cursor =
    jobs.length === 0 ? fc.constant(null) : fc.option(fc.constantFrom(...jobs.map(({ key }) => key)));
  return fc
    .tuple(...triggers.map(() => cursor))
    .map((cursors) =>
      triggers.map((trigger, index) => ofItsType({ ...trigger, cronCursorJob: cursors[index] ?? null })),
    );
}

function edgesBetween(triggers: readonly DocumentTrigger[], jobs: readonly DocumentJob[]) {
  const [first, ...others] = jobs.map(({ key }) => key);
  if (first === undefined) return fc.constant([]);
  const jobKey = fc.constantFrom(first, ...others);
  const sources = [
    ...jobs.map(({ key }) => [null, key] as const),
    ...triggers.map(({ key }) => [key, null] as const),
  ];
  const edge = fc
    .record({
      source: fc.constantFrom(...sources),
      targetJob: jobKey,
      condition: fc.oneof(
        fc.constantFrom('always', 'on_job_success', 'on_job_failure').map((type) => ({
          conditionType: type,
          conditionExpression: null,
        })),
        anyCode
          .filter((code) => code.trim() !== '')
          .map((code) => ({ conditionType: 'js_expression' as const, conditionExpression: code })),
      ),
      conditionLabel: fc.option(anyText),
      enabled: fc.boolean(),
    })
    .map(({ source: [sourceTrigger, sourceJob], condition, ...rest }) => ({
      sourceTrigger,
      sourceJob,
      ...condition,
      ...rest,
    }));
  return fc.array(edge, { maxLength: 5 }).map((edges) => {
    const ends = edges.map(({ sourceTrigger, sourceJob, targetJob }) => ({
      source: sourceTrigger ?? sourceJob ?? '',
      target: targetJob,
    }));
    const keys = edgeKeys(ends);
    return edges.map((edge, index) => ({ key: keys[index] ?? '', ...edge }));
  });
}

/** People whose addresses are no two of one person. */
const anyOwner = fc.constantFrom(
  'a@example.org',
  "o'b+c@example.org",
  'Ünï@example.org',
  'a@b',
  '-@-',
  '1@2',
);

/** A project as an export may write it, every key computed from the name, each list of the header by key. */
export const anyProject = fc
  .record({
    name: fc.constantFrom('a', 'project', '-', '0x1f', 'on', '1', 'null', `n${'-long'.repeat(50)}`),
    // An empty one comes back as none.
    description: fc.option(anyCode.filter((text) => text !== '' && [...text].length <= 240)),
    collections: sorted(anyName.map((name) => ({ key: documentKey(name), name }))),
    credentials: sorted(
      fc
        .record({ owner: anyOwner, name: anyName })
        .map(({ owner, name }) => ({ key: credentialKey(owner, name), name, owner })),
    ),
  })
  .chain((header) => {
    const keys = header.credentials.map(({ key }) => key);
    const credential = keys.length === 0 ? undefined : fc.constantFrom(...keys);
    return fc.record({ header: fc.constant(header), workflows: sorted(workflowWith(credential)) });
  });

function sorted<T extends { readonly key: string }>(entry: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc
    .uniqueArray(entry, { selector: ({ key }) => key, maxLength: 3 })
    .map((entries) => entries.toSorted((a, b) => byteOrder(a.key, b.key)));
}
