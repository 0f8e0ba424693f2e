import { describe, expect, it } from 'vitest';
import { versionStep } from '../../src/heads/version-rules.ts';

const latest = { hash: 'aaaaaaaaaaaa', source: 'app', first: false } as const;

describe('versionStep', () => {
  it('adds the first version of a workflow', () => {
    expect(versionStep(undefined, 'aaaaaaaaaaaa', 'app')).toBe('add');
  });

  it('keeps the latest one when hash and source are the same', () => {
    expect(versionStep(latest, 'aaaaaaaaaaaa', 'app')).toBe('keep');
    expect(versionStep({ ...latest, first: true }, 'aaaaaaaaaaaa', 'app')).toBe('keep');
  });

  it('replaces the latest one of the same source', () => {
    expect(versionStep(latest, 'bbbbbbbbbbbb', 'app')).toBe('replace');
  });

  it("adds to a workflow's first, whatever its source", () => {
    expect(versionStep({ ...latest, first: true }, 'bbbbbbbbbbbb', 'app')).toBe('add');
    expect(versionStep({ ...latest, first: true }, 'bbbbbbbbbbbb', 'cli')).toBe('add');
  });

  it('adds when the source changes, even when the hash does not', () => {
    expect(versionStep(latest, 'aaaaaaaaaaaa', 'cli')).toBe('add');
    expect(versionStep(latest, 'bbbbbbbbbbbb', 'cli')).toBe('add');
  });
});
