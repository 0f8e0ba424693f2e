import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roles } from '../../src/call/permissions.ts';
import { demoted, memberChanges, takesOwnership } from '../../src/members/member-changes.ts';

const role = fc.constantFrom(...roles);
const people = fc.dictionary(fc.constantFrom('ada', 'bob', 'cyd', 'dan', 'eve'), role);

const present = (set: Record<string, (typeof roles)[number]>) =>
  Object.entries(set).map(([user_id, role]) => ({ user_id, role }));
const wanted = (set: Record<string, (typeof roles)[number]>) =>
  Object.entries(set).map(([userId, role]) => ({ userId, role, field: `members of ${userId}` }));

describe('The changes between two sets of members', () => {
  it('turn the one into the other, and say nothing of those who stay as they are', () => {
    fc.assert(
      fc.property(people, people, (before, after) => {
        const { added, removed, changed } = memberChanges(present(before), wanted(after));
        const applied = new Map(Object.entries(before));
        for (const { user_id, role } of removed) {
          expect(applied.get(user_id)).toBe(role);
          applied.delete(user_id);
        }
        for (const one of changed) {
          expect(applied.get(one.userId)).toBe(one.before);
          expect(one.after).not.toBe(one.before);
          applied.set(one.userId, one.after);
        }
        for (const { userId, role } of added) {
          expect(applied.has(userId)).toBe(false);
          applied.set(userId, role);
        }
        expect(Object.fromEntries(applied)).toEqual(after);
      }),
    );
  });

  it('demote those who are removed or get a lower role, and nobody else', () => {
    const changes = memberChanges(
      present({ ada: 'owner', bob: 'viewer', cyd: 'admin', dan: 'editor' }),
      wanted({ ada: 'admin', bob: 'editor', dan: 'editor', eve: 'owner' }),
    );

    expect(demoted(changes).toSorted()).toEqual(['ada', 'cyd']);
  });

  it.each([
    ['the owner is removed', { bob: 'owner' }, true],
    ['the owner steps down', { ada: 'admin', bob: 'owner' }, true],
    ['others come and go', { ada: 'owner', bob: 'viewer' }, false],
  ] as const)('take the ownership from somebody when %s: %o', (_, after, takes) => {
    const changes = memberChanges(present({ ada: 'owner', cyd: 'admin' }), wanted(after));

    expect(takesOwnership(changes)).toBe(takes);
  });
});
