/** What of a member's row tells who owns the project. */
export interface MemberRow {
  readonly user_id: string;
  readonly role: string;
}

/**
 * Why a project with these members cannot be: of those who are known here exactly one has to own it, unless it has no
 * members at all.
 */
export function ownersProblem(members: readonly MemberRow[], known: ReadonlySet<string>): string | undefined {
  if (members.length === 0) return undefined;
  const owners = members.filter(({ role }) => role === 'owner');
  if (owners.length !== 1) return `it has ${owners.length} owners`;
  return owners.every(({ user_id: id }) => known.has(id)) ? undefined : 'its owner was left';
}
