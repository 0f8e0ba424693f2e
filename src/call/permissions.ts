/**
 * Who may do what to a project: behaviour as one table. `rpc/access-rules.ts` says which method needs which
 * permission.
 */

export const roles = ['viewer', 'editor', 'admin', 'owner'] as const;
export type RoleName = (typeof roles)[number];

/** What somebody is to a project: a member with a role, or a support user whom the project lets in. */
export type Hat = RoleName | 'support';

export type Permission =
  /** Read the project and, for members of a root, all below it; export, watch, compare. */
  | 'read'
  /** Settings, retention, members, invitations. */
  | 'change_settings'
  /** Heads, imports, workflows. */
  | 'change_content'
  | 'transfer_ownership'
  /** Schedule and cancel a deletion, delete. */
  | 'delete'
  /** Provision or create a sandbox under the project. */
  | 'provision'
  /** Merge a sandbox into the project. */
  | 'merge'
  /** Have the project's content merged into another one: whoever may read it, and superusers, who may merge. */
  | 'be_merged'
  /** Have the project's credentials attached to another one. */
  | 'lend_credentials'
  | 'read_audit'
  /** Digest and failure alert of one's own membership; nobody's but one's own. */
  | 'set_own_alerts';

interface Rule {
  /** What one must be to the project itself. */
  readonly own: readonly Hat[];
  /** What else suffices when the project is a sandbox; roles in ancestors below the root count for nothing. */
  readonly sandbox?: {
    readonly own?: readonly Hat[];
    readonly root?: readonly Hat[];
    readonly superuser?: boolean;
  };
  readonly superuser?: boolean;
  /** Changes are refused while the project waits for its deletion. */
  readonly changes: boolean;
}

const anybody = ['owner', 'admin', 'editor', 'viewer', 'support'] as const;
const heads = ['owner', 'admin'] as const;

export const permissions: Readonly<Record<Permission, Rule>> = {
  read: { own: anybody, sandbox: { root: anybody }, changes: false },
  change_settings: { own: heads, sandbox: { root: heads, superuser: true }, changes: true },
  change_content: { own: ['owner', 'admin', 'editor', 'support'], sandbox: { root: heads }, changes: true },
  transfer_ownership: { own: ['owner'], superuser: true, changes: true },
  delete: { own: ['owner'], sandbox: { own: heads, root: heads }, superuser: true, changes: false },
  provision: { own: heads, superuser: true, changes: true },
  merge: { own: ['owner', 'admin', 'editor'], superuser: true, changes: true },
  be_merged: { own: anybody, sandbox: { root: anybody }, superuser: true, changes: true },
  lend_credentials: {
    own: ['owner', 'admin', 'editor'],
    sandbox: { root: heads },
    superuser: true,
    changes: true,
  },
  read_audit: { own: ['owner', 'admin', 'support'], superuser: true, changes: false },
  set_own_alerts: { own: roles, changes: true },
};

/** What is known of a caller and a project when a permission is decided. */
export interface Standing {
  readonly isSandbox: boolean;
  readonly hat: Hat | null;
  /** What the caller is to the root of the project's workspace; null when the project is a root itself. */
  readonly rootHat: Hat | null;
  readonly superuser: boolean;
  readonly pendingDeletion: boolean;
}

export type Verdict =
  | 'granted'
  /** The caller may not even know that the project exists. */
  | 'hidden'
  | 'denied'
  /** Only owners and admins are let in while the project waits for its deletion. */
  | 'pending_deletion'
  /** The caller would be allowed, if the project did not wait for its deletion. */
  | 'unchangeable';

/** Decides one permission from the table. */
export function decide(permission: Permission, standing: Standing): Verdict {
  const holdsIt = holds(permissions[permission], standing);
  if (!holdsIt && !holds(permissions.read, standing)) return 'hidden';
  if (standing.pendingDeletion && !isHead(standing) && !standing.superuser) return 'pending_deletion';
  if (!holdsIt) return 'denied';
  return standing.pendingDeletion && permissions[permission].changes ? 'unchangeable' : 'granted';
}

function holds(rule: Rule, standing: Standing): boolean {
  const { hat, rootHat, superuser, isSandbox } = standing;
  if (hat !== null && rule.own.includes(hat)) return true;
  if (superuser && rule.superuser === true) return true;
  if (!isSandbox || rule.sandbox === undefined) return false;
  const { own = [], root = [], superuser: bySuperuser = false } = rule.sandbox;
  return (
    (hat !== null && own.includes(hat)) ||
    (rootHat !== null && root.includes(rootHat)) ||
    (superuser && bySuperuser)
  );
}

function isHead({ hat, rootHat }: Standing): boolean {
  return [hat, rootHat].some((worn) => worn === 'owner' || worn === 'admin');
}

export type OperationPermission =
  /** Read and watch it. */
  | 'see'
  /** Stop it. */
  | 'cancel';

/** What is known of a caller and an operation. */
export interface OperationStanding {
  /** The caller started it. */
  readonly isOwn: boolean;
  /** In its project or that one's root, also when the project is no longer to be seen; null for anybody else. */
  readonly headRole: (typeof heads)[number] | null;
  readonly superuser: boolean;
}

/** Who started an operation sees it and so do the heads of its project; its owners stop it. */
export function decideOnOperation(
  permission: OperationPermission,
  { isOwn, headRole, superuser }: OperationStanding,
): Exclude<Verdict, 'pending_deletion' | 'unchangeable'> {
  if (superuser || headRole === 'owner') return 'granted';
  if (!isOwn && headRole === null) return 'hidden';
  return permission === 'see' ? 'granted' : 'denied';
}
