import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  credentialKey,
  DuplicateKeyError,
  documentKey,
  edgeKeys,
  requireDistinctKeys,
  triggerKeys,
} from '../../src/exchange/write-keys.ts';

describe('documentKey', () => {
  it('turns every single space into a hyphen and leaves the rest', () => {
    expect(documentKey('My  Flow_1\t(Raw) ')).toBe('My--Flow_1\t(Raw)-');
  });
});

describe('credentialKey', () => {
  it('puts the owner before the name', () => {
    expect(credentialKey('someone@example.org', 'new credential')).toBe('someone@example.org-new-credential');
  });
});

describe('triggerKeys', () => {
  it('numbers further triggers of a type', () => {
    expect(triggerKeys(['webhook', 'cron', 'webhook', 'webhook'])).toEqual([
      'webhook',
      'cron',
      'webhook-2',
      'webhook-3',
    ]);
  });

  it('passes over what something else of the name space is called', () => {
    const others = ['webhook', 'webhook-3', 'fetch'];
    expect(triggerKeys(['webhook', 'cron', 'webhook'], others)).toEqual(['webhook-2', 'cron', 'webhook-4']);
  });
});

describe('edgeKeys', () => {
  it('numbers further edges of the same ends', () => {
    const ends = { source: 'a', target: 'b' };
    expect(edgeKeys([ends, { source: 'b', target: 'c' }, ends, ends])).toEqual([
      'a->b',
      'b->c',
      'a->b-2',
      'a->b-3',
    ]);
  });

  it('skips a number that a job has in its name', () => {
    const ends = { source: 'a', target: 'b' };
    expect(edgeKeys([ends, ends, { source: 'a', target: 'b-2' }])).toEqual(['a->b', 'a->b-3', 'a->b-2']);
  });

  it('gives distinct keys to whatever edges', () => {
    const name = fc.constantFrom('a', 'a-2', 'a->a', '2', 'a->a-2');
    fc.assert(
      fc.property(fc.array(fc.record({ source: name, target: name })), (ends) => {
        const keys = edgeKeys(ends);
        expect(new Set(keys).size).toBe(ends.length);
      }),
    );
  });
});

describe('requireDistinctKeys', () => {
  it('accepts names that differ in more than blanks', () => {
    const named = ['a b', 'a  b', 'A b'].map((name) => ({ key: documentKey(name), name }));
    expect(() => requireDistinctKeys('collections', named)).not.toThrow();
  });

  it('refuses two names of one key, naming both and the place', () => {
    const named = ['a b', 'c', 'a-b'].map((name) => ({ key: documentKey(name), name }));
    expect(() => requireDistinctKeys('workflows.flow.jobs', named)).toThrow(DuplicateKeyError);
    expect(() => requireDistinctKeys('workflows.flow.jobs', named)).toThrow(
      'workflows.flow.jobs: "a b" and "a-b" would both be exported as "a-b": rename one of them',
    );
  });
});
