import { z } from 'zod';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { type ComposeMail, nameOf, projectLink } from './compose-mail.ts';
import { queueMail } from './mail-job.ts';
import { actorOf, headsOf, toldMember } from './told-member.ts';

export const DELETION_CANCELLED = 'deletion-cancelled';

export interface CancelledDeletion {
  readonly projectId: string;
  /** Null when a service acted for nobody. */
  readonly actorId: string | null;
  /** Whether the triggers that the scheduling had disabled were enabled again. */
  readonly restoreTriggers: boolean;
}

/** Mails the owner and the admins of a project that it will not be deleted. */
export async function mailDeletionCancelled(
  unit: UnitOfWork,
  eventId: string,
  cancelled: CancelledDeletion,
): Promise<void> {
  for (const recipientId of await headsOf(unit.db, cancelled.projectId))
    queueMail(unit, { mail: DELETION_CANCELLED, eventId, recipientId, ...cancelled });
}

const Payload = z.object({
  recipientId: z.guid(),
  projectId: z.guid(),
  actorId: z.guid().nullable(),
  restoreTriggers: z.boolean(),
});

/** Tells who cancelled it and what became of the triggers; nothing when it is scheduled again meanwhile, or gone. */
export const composeDeletionCancelled: ComposeMail = async (payload, { read, publicUrl }) => {
  const { recipientId, projectId, actorId, restoreTriggers } = Payload.parse(payload);
  const member = await toldMember(read, projectId, recipientId, actorId)
    .where('projects.scheduled_deletion', 'is', null)
    .executeTakeFirst();
  if (member === undefined) return undefined;
  const actor = actorOf(member);
  return {
    to: member.email,
    subject: `The deletion of the project ${member.name} was cancelled`,
    body: [
      { paragraph: `Hello ${nameOf(member)},` },
      { paragraph: `${actor} cancelled the deletion of the project ${member.name}: it stays.` },
      {
        paragraph: restoreTriggers
          ? 'The triggers that were disabled for the deletion are enabled again.'
          : 'The triggers that were disabled for the deletion stay disabled: enable those that you need.',
      },
      { link: { text: 'Open the project', url: projectLink(publicUrl, projectId) } },
    ],
  };
};
