import type { MikroORM } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import { z } from 'zod';
import { Queries } from '../database/queries.ts';
import type { JobTask } from '../jobs/job-task.ts';
import { ADDED_TO_PROJECT, composeAddedToProject } from './added-to-project.ts';
import type { ComposeMail } from './compose-mail.ts';
import { composeDeletionCancelled, DELETION_CANCELLED } from './deletion-cancelled.ts';
import { composeDeletionScheduled, DELETION_SCHEDULED } from './deletion-scheduled.ts';
import { composeInvitation, INVITATION } from './invitation.ts';
import type { MailTransport } from './mail-transport.ts';
import { composeRetentionChanged, RETENTION_CHANGED } from './retention-changed.ts';

/** Every mail by its name in jobs. */
const mails: ReadonlyMap<string, ComposeMail> = new Map([
  [ADDED_TO_PROJECT, composeAddedToProject],
  [INVITATION, composeInvitation],
  [RETENTION_CHANGED, composeRetentionChanged],
  [DELETION_SCHEDULED, composeDeletionScheduled],
  [DELETION_CANCELLED, composeDeletionCancelled],
]);

const Payload = z.object({ mail: z.string(), eventId: z.guid(), recipientId: z.guid() });

/**
 * The task that sends one mail to one person. Without a transport it only says that there was one.
 *
 * A mail whose event was committed is sent at least once, whatever process dies when. It is sent again only
 * when the mail server took it and the word of that was lost: when the process died, or the connection broke,
 * between the server's answer and the end of the job. No one can rule that out, SMTP having no way to ask;
 * but both carry the same Message-ID, made of the event and the recipient, by which servers and clients drop
 * the second.
 */
export function sendMail(
  orm: MikroORM,
  transport: MailTransport | undefined,
  publicUrl: string,
  log: Logger,
): JobTask {
  return async (payload, signal) => {
    const { mail: name, eventId, recipientId } = Payload.parse(payload);
    if (transport === undefined) {
      log.info({ mail: name, recipients: 1 }, 'a mail was not sent: SMTP_URL is unset');
      return;
    }
    const compose = mails.get(name);
    if (compose === undefined) throw new Error(`there is no mail ${name}`);
    const mail = await compose(payload, { read: new Queries(orm.em.getKysely(), signal), publicUrl });
    if (mail === undefined) {
      log.info({ mail: name, recipients: 0 }, 'a mail was not sent: it has become pointless');
      return;
    }
    await transport.send(mail, `${name}.${eventId}.${recipientId}`, signal);
    log.info({ mail: name, event: eventId, recipients: 1 }, 'a mail was sent');
  };
}
