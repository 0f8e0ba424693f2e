import { isFieldSet } from '@bufbuild/protobuf';
import { refuse } from '../call/failure.ts';
import { MemberSchema } from '../gen/lightning/projects/v1/member_pb.ts';
import type { UpdateMemberRequest } from '../gen/lightning/projects/v1/members_service_pb.ts';

const changeable = ['role', 'digest', 'failure_alert'] as const;
export type MemberField = (typeof changeable)[number];

/**
 * The fields of a membership that an update changes (AIP-134): those of the mask, all of them for `*`, and without a
 * mask those that the request sets. Throws INVALID_ARGUMENT for paths that no update may name.
 */
export function changedFields({ member, updateMask }: UpdateMemberRequest): ReadonlySet<MemberField> {
  const paths = updateMask?.paths ?? [];
  refuse(
    paths
      .filter((path) => path !== '*' && !changeable.some((known) => known === path))
      .map((path) => ({
        field: 'update_mask',
        description: `"${path}" cannot be updated; known are ${changeable.join(', ')}`,
      })),
  );
  if (paths.includes('*')) return new Set(changeable);
  if (paths.length > 0) return new Set(changeable.filter((field) => paths.includes(field)));
  const set = MemberSchema.fields.filter((field) => member !== undefined && isFieldSet(member, field));
  return new Set(changeable.filter((field) => set.some(({ name }) => name === field)));
}
