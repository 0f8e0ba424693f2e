import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonProblem } from '../../src/history/storable-json.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('A text', () => {
  const nested = (levels: number, inside = '') => '['.repeat(levels) + inside + ']'.repeat(levels);
  it.each([
    ['{', 'is not JSON'],
    ['', 'is not JSON'],
    ['{"a": "\\u0000"}', 'must not contain the character U+0000'],
    ['{"a\\u0000": 1}', 'must not contain the character U+0000'],
    ['["\\ud83c"]', 'must not contain half a surrogate pair'],
    [nested(1001), 'has more than 1000 levels'],
    [`{"a": ${nested(1000)}}`, 'has more than 1000 levels'],
    [`[${'9'.repeat(1001)}]`, 'has a number with more than 1000 digits'],
    ['1e1000', 'has a number with more than 1000 digits'],
    ['[-0.5E-0999]', 'has a number with more than 1000 digits'],
  ])('is refused: %.40s', (text, problem) => {
    expect(jsonProblem(text)).toBe(problem);
  });

  it.each([
    ['null'],
    ['"\\\\u0000"'],
    ['"\\ud83c\\udf88"'],
    [nested(1000)],
    [nested(1000, '1')],
    [nested(999, '{"a": 1}')],
    ['[1e308, 1e-100, 0.1e+0000000000000001]'],
    [`"${'9'.repeat(2000)}, 1e99999"`],
  ])('is taken: %.40s', (text) => {
    expect(jsonProblem(text)).toBeUndefined();
  });
});

describe('PostgreSQL', () => {
  let database: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client(database.url);
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.close();
  });

  const isStored = (text: string) =>
    client.query('select $1::jsonb', [text]).then(
      () => true,
      () => false,
    );

  /** Pieces of JSON put together at random: some of it is JSON. */
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"\\u0000"',
    '"\\ud83c\\udf88"',
    '"\\udf88"',
    ' ',
  );
  const numbers = fc.constantFrom(
    '0',
    '-1',
    '01',
    '1.',
    '1.5e3',
    '1E-20000',
    '1e99999',
    `${'1'.repeat(999)}`,
  );
  const text = fc.oneof(
    fc.json(),
    fc.array(fc.oneof(pieces, numbers), { maxLength: 6 }).map((all) => all.join('')),
  );

  it('stores every text that is taken', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (given) => {
        fc.pre(jsonProblem(given) === undefined && given.isWellFormed());
        expect(await isStored(given)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('could not store what is refused for more than its length', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (given) => {
        fc.pre(!(jsonProblem(given) ?? 'has a').startsWith('has a'));
        expect(await isStored(given)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});
