import { z } from 'zod';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { type ComposeMail, nameOf, projectLink } from './compose-mail.ts';
import { queueMail } from './mail-job.ts';

export const ADDED_TO_PROJECT = 'added-to-project';

/** Mails people that they are members of a project now (Lightning's project addition notification). */
export function mailNewMembers(
  unit: UnitOfWork,
  eventId: string,
  projectId: string,
  userIds: readonly string[],
): void {
  for (const recipientId of userIds)
    queueMail(unit, { mail: ADDED_TO_PROJECT, eventId, recipientId, projectId });
}

const Payload = z.object({ recipientId: z.guid(), projectId: z.guid() });

/** Tells somebody of a membership; nothing when it has been ended meanwhile, or the project is being deleted. */
export const composeAddedToProject: ComposeMail = async (payload, { read, publicUrl }) => {
  const { recipientId, projectId } = Payload.parse(payload);
  const member = await read
    .selectFrom('project_users')
    .innerJoin('users', 'users.id', 'project_users.user_id')
    .innerJoin('projects', 'projects.id', 'project_users.project_id')
    .select(['users.email', 'users.first_name', 'users.last_name', 'project_users.role', 'projects.name'])
    .where('project_users.project_id', '=', projectId)
    .where('project_users.user_id', '=', recipientId)
    .where('users.disabled', '=', false)
    .where('projects.deletion_started_at', 'is', null)
    .executeTakeFirst();
  if (member === undefined) return undefined;
  return {
    to: member.email,
    subject: `You were added to the project ${member.name}`,
    body: [
      { paragraph: `Hello ${nameOf(member)},` },
      { paragraph: `You were added to the project ${member.name} with the role ${member.role}.` },
      { link: { text: 'Open the project', url: projectLink(publicUrl, projectId) } },
    ],
  };
};
