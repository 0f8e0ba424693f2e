import { describe, expect, it } from 'vitest';
import { readToken, writeToken } from '../../src/events/event-position.ts';

describe('A resume token', () => {
  // Three lengths in a row: each leaves another number of bits over in its last character.
  it.each(['7:7:', '7:77:', '77:77:'])('with anything added to it is none: %s', (seen) => {
    const token = writeToken({ seen }, 1000);
    expect(readToken(token, 1000)).toEqual({ seen });
    for (const other of [`${token}x`, `${token}=`, ` ${token}`, `${token}\n`]) {
      expect(() => readToken(other, 1000), JSON.stringify(other)).toThrow(/resume_token/);
    }
  });
});
