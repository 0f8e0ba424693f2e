import { describe, expect, it } from 'vitest';
import { circle } from '../../src/sandboxes/parent-cycle.ts';

const links = (parents: Readonly<Record<string, string | null>>) =>
  Object.entries(parents).map(([id, parent_id]) => ({ id, parent_id }));

describe('circle', () => {
  it('is empty for a walk that ends at a root', () => {
    expect(circle(links({ a: 'b', b: 'c', c: null }), 'a')).toEqual([]);
  });

  it('is empty for a walk that ends at a project that is not there', () => {
    expect(circle(links({ a: 'b' }), 'a')).toEqual([]);
    expect(circle([], 'a')).toEqual([]);
  });

  it('holds the circle that the start is in', () => {
    expect(circle(links({ a: 'b', b: 'c', c: 'a' }), 'b')).toEqual(['b', 'c', 'a']);
  });

  it('leaves out the way that leads into it', () => {
    expect(circle(links({ x: 'y', y: 'a', a: 'b', b: 'a' }), 'x')).toEqual(['a', 'b']);
  });
});
