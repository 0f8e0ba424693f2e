import type { Queries } from '../database/queries.ts';
import type { Mail } from './mail-transport.ts';

/** What mails are made of at the moment when they are sent. */
export interface MailSources {
  readonly read: Queries;
  /** Where people open Lightning: what links begin with, without a slash at its end. */
  readonly publicUrl: string;
}

/**
 * Makes a mail of what its job says. Undefined when it has become pointless: the person is no longer there,
 * say, or disabled.
 *
 * @param payload of the job; throws a ZodError for another one's
 */
export type ComposeMail = (payload: unknown, sources: MailSources) => Promise<Mail | undefined>;

/** How a person is called in a mail. */
export function nameOf(person: {
  readonly first_name: string;
  readonly last_name: string;
  readonly email: string;
}): string {
  const name = `${person.first_name} ${person.last_name}`.trim();
  return name === '' ? person.email : name;
}

/** Where a project is opened. */
export function projectLink(publicUrl: string, projectId: string): string {
  return `${publicUrl}/projects/${projectId}/w`;
}
