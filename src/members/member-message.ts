import { create } from '@bufbuild/protobuf';
import { enumNames } from '../call/enum-names.ts';
import type { RoleName } from '../call/permissions.ts';
import { toTimestamp } from '../database/timestamp.ts';
import { DigestFrequency, type Member, MemberSchema, Role } from '../gen/lightning/projects/v1/member_pb.ts';

/** Lightning's names of the roles; UNSPECIFIED has none. */
export const roleNames = enumNames<RoleName, Role>({
  viewer: Role.VIEWER,
  editor: Role.EDITOR,
  admin: Role.ADMIN,
  owner: Role.OWNER,
});

export type DigestName = 'never' | 'daily' | 'weekly' | 'monthly';

export const digestNames = enumNames<DigestName, DigestFrequency>({
  never: DigestFrequency.NEVER,
  daily: DigestFrequency.DAILY,
  weekly: DigestFrequency.WEEKLY,
  monthly: DigestFrequency.MONTHLY,
});

/** A membership's row together with its person's. */
export interface MemberRow {
  readonly id: string;
  readonly project_id: string;
  readonly user_id: string;
  readonly role: RoleName;
  readonly digest: DigestName;
  readonly failure_alert: boolean;
  readonly inserted_at: string;
  readonly updated_at: string;
  readonly email: string;
  readonly first_name: string;
  readonly last_name: string;
}

export function memberMessage(row: MemberRow): Member {
  return create(MemberSchema, {
    id: row.id,
    projectId: row.project_id,
    userId: row.user_id,
    role: roleNames.value(row.role),
    digest: digestNames.value(row.digest),
    failureAlert: row.failure_alert,
    insertedAt: toTimestamp(row.inserted_at),
    updatedAt: toTimestamp(row.updated_at),
    user: {
      id: row.user_id,
      email: row.email,
      firstName: row.first_name,
      lastName: row.last_name,
    },
  });
}
