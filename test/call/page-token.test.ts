import { describe, expect, it } from 'vitest';
import { readPageToken, writePageToken } from '../../src/call/page-token.ts';

describe('A page token', () => {
  // Three lengths in a row: each leaves another number of bits over in its last character.
  it.each(['a', 'ab', 'abc'])('with anything added to it is none: %s', (key) => {
    const list = ['a list'];
    const token = writePageToken([key], list);
    expect(readPageToken({ pageSize: 0, pageToken: token }, list, 1)).toEqual([key]);
    for (const other of [`${token}x`, `${token}=`, ` ${token}`, `${token}\n`]) {
      expect(() => readPageToken({ pageSize: 0, pageToken: other }, list, 1), JSON.stringify(other)).toThrow(
        /page_token/,
      );
    }
  });
});
