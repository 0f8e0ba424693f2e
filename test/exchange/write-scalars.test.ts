import { describe, expect, it } from 'vitest';
import {
  bodyScalar,
  descriptionScalar,
  entryStart,
  quotedScalar,
  valueScalar,
} from '../../src/exchange/yaml-scalar.ts';

describe('valueScalar', () => {
  it.each([
    'webhook job',
    'Flow1-1. Send Referrals',
    'DTP UAT - sendDecision',
    'someone@example.org',
    'my_flow',
    'a->b',
    'v1.2',
    '2-40-7',
    'Q1 2026',
    '2026-08-27 import',
    'truest',
    'nobody',
  ])('leaves %j plain', (value) => {
    expect(valueScalar(value)).toBe(value);
  });

  it.each([
    ['Team/Group', "'Team/Group'"],
    ['Risk & Need | Referral', "'Risk & Need | Referral'"],
    ['Get Referrals ', "'Get Referrals '"],
    ['ends-', "'ends-'"],
    ['? Upsert', "'? Upsert'"],
    ['Demo (raw)', "'Demo (raw)'"],
    ["it's", "'it''s'"],
    ['a: b', "'a: b'"],
    ['a #b', "'a #b'"],
    ['é', "'é'"],
    ['', "''"],
    ['A', "'A'"],
  ])('puts %j in single quotes, as Lightning does', (value, written) => {
    expect(valueScalar(value)).toBe(written);
  });

  it.each([
    ...['yes', 'No', 'ON', 'off', 'y', 'N', 'true', 'False', 'null', 'NULL', '~', '=', '<<'],
    ...[
      '12',
      '007',
      '0o17',
      '0x1f',
      '0b101',
      '1_000',
      '1e3',
      '12e03',
      '1.5',
      '685_230.15',
      '1.2.3',
      '.inf',
      '.5',
    ],
    ...['12:30:45', '190:20:30', '2026-08-27', '2026-8-7', '2026-08-27T10:00:00Z', '2026-08-27 10:00:00'],
  ])('puts %j in single quotes, since a YAML could read it as something else', (value) => {
    expect(valueScalar(value)).toBe(`'${value}'`);
  });

  it.each([
    ['two\nlines', '"two\\nlines"'],
    ['a\r', '"a\\r"'],
    ['a\tb', '"a\\tb"'],
    ['\u0000', '"\\u0000"'],
    ['\u007f', '"\\u007f"'],
    ['\u0085', '"\\u0085"'],
    ['\u2028', '"\\u2028"'],
    ['\ufeffa', '"\\ufeffa"'],
    ['\ud800', '"\\ud800"'],
    ['a"\\\n', '"a\\"\\\\\\n"'],
  ])('puts %j in double quotes, since it needs an escape', (value, written) => {
    expect(valueScalar(value)).toBe(written);
  });

  it('never folds a long value', () => {
    const long = 'word '.repeat(1000);
    expect(valueScalar(long)).toBe(`'${long}'`);
  });
});

describe('quotedScalar', () => {
  it('quotes what could be plain', () => {
    expect(quotedScalar('5 4 1 1 1')).toBe("'5 4 1 1 1'");
  });
});

describe('entryStart', () => {
  it.each([
    ['webhook->webhook-job', '  webhook->webhook-job:'],
    ['someone@example.org-DHIS2-2-40-7', '  someone@example.org-DHIS2-2-40-7:'],
    ['ends-', '  "ends-":'],
    ['?-Upsert', '  "?-Upsert":'],
    ['off', '  "off":'],
    ['2026-08-27', '  "2026-08-27":'],
    ['say-"hi"', '  "say-\\"hi\\"":'],
  ])('writes the key %j as %j', (key, start) => {
    expect(entryStart(key, '  ')).toBe(start);
  });

  it('marks a key that is too long for a simple one', () => {
    expect(entryStart('k'.repeat(1024), '  ')).toBe(`  ${'k'.repeat(1024)}:`);
    expect(entryStart('k'.repeat(1025), '  ')).toBe(`  ? ${'k'.repeat(1025)}\n  :`);
  });
});

describe('bodyScalar', () => {
  it.each([
    ['one line', 'fn()', '|\n    fn()'],
    ['one final newline, which is not content', 'fn()\n', '|\n    fn()'],
    ['several lines', 'a\n  b\nc', '|\n    a\n      b\n    c'],
    ['an empty line, left empty', 'a\n\nb', '|\n    a\n\n    b'],
    ['a line of blanks, kept', 'a\n  \nb', '|\n    a\n      \n    b'],
    ['an empty first line, which carries the indentation', '\n\na', '|\n    \n\n    a'],
    [
      'lines that look like YAML',
      'key: value\n- item\n# no comment',
      '|\n    key: value\n    - item\n    # no comment',
    ],
    ['an indented first line', '  a\nb', '|2\n      a\n    b'],
    ['an indented first line after an empty one', '\n  a', '|2\n    \n      a'],
    ['two final newlines', 'a\n\n', '|+\n    a\n'],
    ['an indented first line and three final newlines', ' a\n\n\n', '|2+\n     a\n\n'],
    ['a last line of blanks', 'a\n  ', '|\n    a\n      '],
    ['nothing', '', '|'],
    ['nothing but the newline that is not content', '\n', '|'],
  ])('writes a block for %s', (_, text, written) => {
    expect(bodyScalar(text, '  ')).toBe(written);
  });

  it.each([
    ['carriage returns', 'a\r\nb\r\n', '"a\\r\\nb\\r\\n"'],
    ['a control character', 'a\u0007', '"a\\u0007"'],
    ['a line separator', 'a\u2028b', '"a\\u2028b"'],
    ['nothing but blanks', ' \n', '" \\n"'],
    ['nothing but newlines', '\n\n', '"\\n\\n"'],
    ['an indented first and a blank last line', ' a\n ', '" a\\n "'],
  ])('writes double quotes for %s', (_, text, written) => {
    expect(bodyScalar(text, '  ')).toBe(written);
  });
});

describe('descriptionScalar', () => {
  it.each([
    ['a word', 'for ak', 'for ak'],
    ['a sentence', 'Syncs CHT, DHIS2 (both); see c#4, a:b.', 'Syncs CHT, DHIS2 (both); see c#4, a:b.'],
    ['any script', 'Données à jour', 'Données à jour'],
    ['a final newline', 'for ak\n', '|\n  for ak'],
    ['lines without a final newline', 'a\nb', '|-\n  a\n  b'],
    ['several final newlines', 'a\n\n', '|+\n  a\n'],
    ['a colon before a blank', 'Note: old', '|-\n  Note: old'],
    ['a final colon', 'Note:', '|-\n  Note:'],
    ['a hash after a blank', 'a #b', '|-\n  a #b'],
    ['an indicator at its start', '- a', '|-\n  - a'],
    ['a date', '2026-08-27', '|-\n  2026-08-27'],
    ['a truth value', 'yes', '|-\n  yes'],
    ['nothing', '', '""'],
    ['a carriage return', 'a\rb', '"a\\rb"'],
  ])('writes %s', (_, text, written) => {
    expect(descriptionScalar(text, '')).toBe(written);
  });
});
