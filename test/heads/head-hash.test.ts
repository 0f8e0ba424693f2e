import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { headHash } from '../support/head-hash.ts';

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);

describe('headHash', () => {
  it('is the digest of an empty list for a project without versions', () => {
    expect(headHash([])).toBe('4f53cda18c2b');
  });

  it('digests compact JSON of the pairs', () => {
    expect(headHash([['a1', '0123456789ab']])).toBe(digest('[["a1","0123456789ab"]]'));
  });

  it('sorts the pairs by workflow id, whatever order they come in', () => {
    const pairs = [
      ['b', '000000000002'],
      ['a', '000000000001'],
      ['c', '000000000003'],
    ] as const;
    const expected = digest('[["a","000000000001"],["b","000000000002"],["c","000000000003"]]');
    expect(headHash(pairs)).toBe(expected);
    expect(headHash(pairs.toReversed())).toBe(expected);
  });

  it('changes with a hash and with an id', () => {
    const one = headHash([['a', '000000000001']]);
    expect(headHash([['a', '000000000002']])).not.toBe(one);
    expect(headHash([['b', '000000000001']])).not.toBe(one);
  });
});
