import type { FieldViolation } from '../call/failure.ts';
import type { Membership } from '../members/member-set.ts';

/** Types of dataclips that are inputs somebody kept, not what a run left behind. */
const COPIED_TYPES: ReadonlySet<string> = new Set(['global', 'saved_input', 'http_request']);

/** Of a dataclip, what decides whether a sandbox gets a copy. */
export interface DataclipRow {
  readonly id: string;
  readonly project_id: string;
  readonly name: string | null;
  readonly type: string;
}

/**
 * The members of a new sandbox: the actor owns it, the collaborators follow. Owners among them, the actor and
 * whoever was named before are passed over.
 */
export function sandboxMembers(actorId: string, collaborators: readonly Membership[]): Membership[] {
  const members = new Map<string, Membership>([
    [actorId, { userId: actorId, role: 'owner', field: 'actor_user_id' }],
  ]);
  for (const collaborator of collaborators) {
    if (collaborator.role === 'owner' || members.has(collaborator.userId)) continue;
    members.set(collaborator.userId, collaborator);
  }
  return [...members.values()];
}

/** What keeps dataclips from being copied into a sandbox of the project, each by its place in the request. */
export function dataclipViolations(
  ids: readonly string[],
  rows: readonly DataclipRow[],
  projectId: string,
): FieldViolation[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id, index) => {
    const why = whyNot(byId.get(id), projectId);
    return why === undefined
      ? []
      : [{ field: `dataclip_ids[${index}]`, description: `dataclip ${id} ${why}` }];
  });
}

function whyNot(row: DataclipRow | undefined, projectId: string): string | undefined {
  if (row === undefined || row.project_id !== projectId) return 'is none of the parent';
  if (row.name === null) return 'has no name';
  if (!COPIED_TYPES.has(row.type)) return `is a ${row.type}; only ${[...COPIED_TYPES].join(', ')} are copied`;
  return undefined;
}
