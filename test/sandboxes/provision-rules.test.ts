import { describe, expect, it } from 'vitest';
import { dataclipViolations, sandboxMembers } from '../../src/sandboxes/provision-rules.ts';

describe('sandboxMembers', () => {
  const member = (userId: string, role: 'viewer' | 'editor' | 'admin' | 'owner', index: number) => ({
    userId,
    role,
    field: `collaborators[${index}].user_id`,
  });

  it('makes the actor the owner, and nobody else', () => {
    expect(sandboxMembers('actor', [])).toEqual([{ userId: 'actor', role: 'owner', field: 'actor_user_id' }]);
  });

  it('passes over owners, the actor and whoever was named before', () => {
    const members = sandboxMembers('actor', [
      member('one', 'viewer', 0),
      member('actor', 'viewer', 1),
      member('two', 'owner', 2),
      member('one', 'admin', 3),
      member('two', 'admin', 4),
    ]);
    expect(members.slice(1)).toEqual([member('one', 'viewer', 0), member('two', 'admin', 4)]);
  });
});

describe('dataclipViolations', () => {
  const clip = { id: 'clip', project_id: 'parent', name: 'kept', type: 'global' };

  it.each(['global', 'saved_input', 'http_request'])('lets a named %s of the parent pass', (type) => {
    expect(dataclipViolations(['clip'], [{ ...clip, type }], 'parent')).toEqual([]);
  });

  it.each([
    ['is none of the parent', []],
    ['is none of the parent', [{ ...clip, project_id: 'other' }]],
    ['has no name', [{ ...clip, name: null }]],
    [
      'is a step_result; only global, saved_input, http_request are copied',
      [{ ...clip, type: 'step_result' }],
    ],
    ['is a kafka; only global, saved_input, http_request are copied', [{ ...clip, type: 'kafka' }]],
  ])('names one that %s', (why, rows) => {
    expect(dataclipViolations(['clip'], rows, 'parent')).toEqual([
      { field: 'dataclip_ids[0]', description: `dataclip clip ${why}` },
    ]);
  });

  it('names each by its place', () => {
    const violations = dataclipViolations(['none', 'clip', 'neither'], [clip], 'parent');
    expect(violations.map(({ field }) => field)).toEqual(['dataclip_ids[0]', 'dataclip_ids[2]']);
  });
});
