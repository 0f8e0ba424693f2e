import { describe, expect, it } from 'vitest';
import { readPageToken, writePageToken } from '../../src/call/page-token.ts';

describe('A page token', () => {
  // Three lengths in a row: each leaves another number of bits over in its last character.
  it.each(['a', 'ab', 'abc'])('with anything added to it is none: %s', (key) => {
    const list = ['a list'];
    const token = writePageToken([key], list);
    expect(readPageToken({ pageSize: 0, pageToken: token }, list, ['text'])).toEqual([key]);
    for (const other of [`${token}x`, `${token}=`, ` ${token}`, `${token}\n`]) {
      expect(
        () => readPageToken({ pageSize: 0, pageToken: other }, list, ['text']),
        JSON.stringify(other),
      ).toThrow(/page_token/);
    }
  });

  // Its fingerprint is no secret: anybody can make one up.
  it.each([
    ['text', 1],
    ['text', 'a\u0000'],
    ['text', null],
    ['uuid', 'x'],
    ['moment', '2026-01-01'],
    ['moment', '2026-13-01 10:00:00+00'],
    ['moment', '0000-01-01 10:00:00+00'],
    ['moment', '2026-02-30 10:00:00+00'],
    ['moment', '2026-01-01 24:30:00+00'],
    ['moment', null],
    ['moment or null', 'x'],
    ['integer', 0.5],
    ['integer', 2 ** 31],
  ] as const)('of another kind of key is none: %s %j', (kind, value) => {
    const pageToken = writePageToken([value], ['a list']);
    expect(() => readPageToken({ pageSize: 0, pageToken }, ['a list'], [kind])).toThrow(/page_token/);
  });

  it.each([
    ['text', 'a'],
    ['uuid', '0190a8b2-5c1e-7e2f-8a3b-9c4d5e6f7a8b'],
    ['moment', '2024-02-29 23:59:59.999999+00'],
    ['moment', '2026-01-01 10:00:00+00'],
    ['moment or null', null],
    ['integer', 7],
  ] as const)('has a key of its kind: %s %j', (kind, value) => {
    const pageToken = writePageToken([value], ['a list']);
    expect(readPageToken({ pageSize: 0, pageToken }, ['a list'], [kind])).toEqual([value]);
  });
});
