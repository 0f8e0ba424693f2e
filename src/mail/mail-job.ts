import type { UnitOfWork } from '../database/unit-of-work.ts';

/** The task's name, which a mail that failed for good has as its operation's kind. */
export const SEND_MAIL = 'send_mail';

/** Tried for about three days: the pauses grow from seconds to six hours. */
const ATTEMPTS = 20;

/** What every mail's job says. */
export interface MailOrder {
  /** Which mail: its name in `send-mail.ts`. */
  readonly mail: string;
  /** The audit row of what the mail tells of. */
  readonly eventId: string;
  /** Whom it goes to: an id, never an address. */
  readonly recipientId: string;
  readonly projectId: string;
}

/**
 * Queues one mail, which is sent once the change has been committed; a change that is rolled back or only
 * validated sends nothing.
 */
export function queueMail(unit: UnitOfWork, order: MailOrder): void {
  unit.addJob(SEND_MAIL, order, { attempts: ATTEMPTS });
}
