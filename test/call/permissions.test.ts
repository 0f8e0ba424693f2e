import { describe, expect, it } from 'vitest';
import { decide, type Hat, type Permission, permissions, type Standing } from '../../src/call/permissions.ts';

/** y: granted; n: denied; -: the project is hidden from the caller. */
const onARoot = `
                    owner admin editor viewer support superuser stranger
read                y     y     y      y      y       -         -
change_settings     y     y     n      n      n       -         -
change_content      y     y     y      n      y       -         -
transfer_ownership  y     n     n      n      n       y         -
delete              y     n     n      n      n       y         -
provision           y     y     n      n      n       y         -
merge               y     y     y      n      n       y         -
be_merged           y     y     y      y      y       y         -
lend_credentials    y     y     y      n      n       y         -
read_audit          y     y     n      n      y       y         -
set_own_alerts      y     y     y      y      n       -         -
`;

const onASandbox = `
                    owner admin editor viewer support root-owner root-admin root-editor root-viewer root-support superuser stranger
read                y     y     y      y      y       y          y          y           y           y            -         -
change_settings     y     y     n      n      n       y          y          n           n           n            y         -
change_content      y     y     y      n      y       y          y          n           n           n            -         -
transfer_ownership  y     n     n      n      n       n          n          n           n           n            y         -
delete              y     y     n      n      n       y          y          n           n           n            y         -
provision           y     y     n      n      n       n          n          n           n           n            y         -
merge               y     y     y      n      n       n          n          n           n           n            y         -
be_merged           y     y     y      y      y       y          y          y           y           y            y         -
lend_credentials    y     y     y      n      n       y          y          n           n           n            y         -
read_audit          y     y     n      n      y       n          n          n           n           n            y         -
set_own_alerts      y     y     y      y      n       n          n          n           n           n            -         -
`;

/** u: would be granted, but for the deletion; p: kept out because of it, from whatever it may be. */
const onARootThatWaitsForItsDeletion = `
                    owner admin editor viewer support superuser stranger
read                y     y     p      p      p       -         -
change_settings     u     u     p      p      p       -         -
change_content      u     u     p      p      p       -         -
transfer_ownership  u     n     p      p      p       u         -
delete              y     n     p      p      p       y         -
provision           u     u     p      p      p       u         -
merge               u     u     p      p      p       u         -
be_merged           u     u     p      p      p       u         -
lend_credentials    u     u     p      p      p       u         -
read_audit          y     y     p      p      p       y         -
set_own_alerts      u     u     p      p      p       -         -
`;

const verdicts = { granted: 'y', denied: 'n', hidden: '-', unchangeable: 'u', pending_deletion: 'p' };

interface Cell {
  readonly permission: Permission;
  readonly caller: string;
  readonly expected: string;
}

function read(table: string): Cell[] {
  const [head = '', ...lines] = table.trim().split('\n');
  const callers = head.trim().split(/ +/);
  return lines.flatMap((line) => {
    const [name = '', ...cells] = line.split(/ +/);
    const permission = knownPermission(name);
    return cells.map((expected, index) => ({ permission, caller: callers[index] ?? '', expected }));
  });
}

function knownPermission(name: string): Permission {
  const known = [...everyPermission()].find((permission) => permission === name);
  if (known === undefined) throw new Error(`${name} is no permission`);
  return known;
}

function* everyPermission(): Generator<Permission> {
  for (const name in permissions) yield name as keyof typeof permissions;
}

const hats: readonly Hat[] = ['owner', 'admin', 'editor', 'viewer', 'support'];

function standing(caller: string, isSandbox: boolean, pendingDeletion: boolean): Standing {
  return {
    isSandbox,
    pendingDeletion,
    hat: hats.find((hat) => hat === caller) ?? null,
    rootHat: hats.find((hat) => `root-${hat}` === caller) ?? null,
    superuser: caller === 'superuser',
  };
}

describe.each([
  ['a root', onARoot, false, false],
  ['a sandbox', onASandbox, true, false],
  ['a root that waits for its deletion', onARootThatWaitsForItsDeletion, false, true],
])('On %s', (_, table, isSandbox, pendingDeletion) => {
  it.each(read(table))('$permission is "$expected" for $caller', ({ permission, caller, expected }) => {
    expect(verdicts[decide(permission, standing(caller, isSandbox, pendingDeletion))]).toBe(expected);
  });

  it('the table has every permission', () => {
    expect(new Set(read(table).map(({ permission }) => permission))).toEqual(new Set(everyPermission()));
  });
});

describe('On a sandbox', () => {
  it.each(hats)('the better of two roles counts: %s of the sandbox and owner of the root', (hat) => {
    const both = { ...standing(hat, true, false), rootHat: 'owner' as const };

    expect(decide('change_settings', both)).toBe('granted');
    expect(decide('delete', both)).toBe('granted');
  });

  it('an admin of the root still sees it while it waits for its deletion', () => {
    expect(decide('read', standing('root-admin', true, true))).toBe('granted');
    expect(decide('delete', standing('root-admin', true, true))).toBe('granted');
    expect(decide('read', standing('root-editor', true, true))).toBe('pending_deletion');
  });
});
