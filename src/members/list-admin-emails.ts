import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import type {
  ListAdminEmailsRequest,
  ListAdminEmailsResponseSchema,
} from '../gen/lightning/projects/v1/members_service_pb.ts';

/** Lists the addresses of a project's owner and admins, sorted bytewise (list_project_admin_emails/1). */
export async function listAdminEmails(
  { projectId }: ListAdminEmailsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListAdminEmailsResponseSchema>> {
  const rows = await call.read
    .selectFrom('project_users')
    .innerJoin('users', 'users.id', 'project_users.user_id')
    .select('users.email')
    .where('project_users.project_id', '=', projectId)
    .where('project_users.role', 'in', ['owner', 'admin'])
    .orderBy('users.email')
    .execute();
  return { emails: rows.map(({ email }) => email) };
}
