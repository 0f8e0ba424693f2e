import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import type {
  ListTriggerFailureRecipientsRequest,
  ListTriggerFailureRecipientsResponseSchema,
} from '../gen/lightning/projects/v1/members_service_pb.ts';

/**
 * Lists whom to tell that a trigger failed: a project's owner and admins, and members who are superusers, by address
 * (find_users_to_notify_of_trigger_failure/1).
 */
export async function listTriggerFailureRecipients(
  { projectId }: ListTriggerFailureRecipientsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListTriggerFailureRecipientsResponseSchema>> {
  const rows = await call.read
    .selectFrom('project_users')
    .innerJoin('users', 'users.id', 'project_users.user_id')
    .select(['users.id', 'users.email', 'users.first_name', 'users.last_name'])
    .where('project_users.project_id', '=', projectId)
    .where((row) =>
      row.or([row('project_users.role', 'in', ['owner', 'admin']), row('users.role', '=', 'superuser')]),
    )
    .orderBy('users.email')
    .execute();
  return {
    users: rows.map(({ id, email, first_name, last_name }) => ({
      id,
      email,
      firstName: first_name,
      lastName: last_name,
    })),
  };
}
