import { z } from 'zod';
import { toDate } from '../database/timestamp.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { type ComposeMail, nameOf, projectLink } from './compose-mail.ts';
import { queueMail } from './mail-job.ts';

export const DELETION_SCHEDULED = 'deletion-scheduled';

/** Mails every member of a project that it will be deleted, and when (Lightning's project deletion notification). */
export async function mailDeletionScheduled(
  unit: UnitOfWork,
  eventId: string,
  projectId: string,
): Promise<void> {
  const members = await unit.db
    .selectFrom('project_users')
    .select('user_id')
    .where('project_id', '=', projectId)
    .orderBy('user_id')
    .execute();
  for (const { user_id } of members)
    queueMail(unit, { mail: DELETION_SCHEDULED, eventId, recipientId: user_id, projectId });
}

const Payload = z.object({ recipientId: z.guid(), projectId: z.guid() });

/** Tells a member of the date; nothing when the deletion was cancelled meanwhile, or is done. */
export const composeDeletionScheduled: ComposeMail = async (payload, { read, publicUrl }) => {
  const { recipientId, projectId } = Payload.parse(payload);
  const member = await read
    .selectFrom('project_users')
    .innerJoin('users', 'users.id', 'project_users.user_id')
    .innerJoin('projects', 'projects.id', 'project_users.project_id')
    .select([
      'users.email',
      'users.first_name',
      'users.last_name',
      'projects.name',
      'projects.scheduled_deletion',
    ])
    .where('project_users.project_id', '=', projectId)
    .where('project_users.user_id', '=', recipientId)
    .where('users.disabled', '=', false)
    .where('projects.deletion_started_at', 'is', null)
    .executeTakeFirst();
  if (member === undefined || member.scheduled_deletion === null) return undefined;
  const date = toDate(member.scheduled_deletion).toUTCString();
  return {
    to: member.email,
    subject: `The project ${member.name} is scheduled for deletion`,
    body: [
      { paragraph: `Hello ${nameOf(member)},` },
      {
        paragraph: `The project ${member.name} and its sandboxes are scheduled for deletion. From ${date} on they can be deleted for good, with their workflows and history.`,
      },
      { paragraph: 'All their triggers are disabled: nothing starts a workflow any more.' },
      {
        paragraph:
          'Until they are deleted, the owner of the project can cancel the deletion in its settings; owner and admins can still export it.',
      },
      { link: { text: 'Open the project', url: projectLink(publicUrl, projectId) } },
    ],
  };
};
