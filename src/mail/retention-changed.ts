import { z } from 'zod';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { Retention } from '../projects/project-rules.ts';
import { type ComposeMail, nameOf, projectLink } from './compose-mail.ts';
import { queueMail } from './mail-job.ts';
import { actorOf, headsOf, toldMember } from './told-member.ts';

export const RETENTION_CHANGED = 'retention-changed';

export interface RetentionChange {
  readonly projectId: string;
  /** Null when a service acted for nobody. */
  readonly actorId: string | null;
  readonly before: Retention;
  readonly after: Retention;
}

/**
 * Mails the owner and the admins of a project that it keeps its data longer or shorter from now on, if that
 * is what the change did.
 */
export async function mailRetentionChange(
  unit: UnitOfWork,
  eventId: string,
  change: RetentionChange,
): Promise<void> {
  if (differences(change.before, change.after).length === 0) return;
  for (const recipientId of await headsOf(unit.db, change.projectId))
    queueMail(unit, { mail: RETENTION_CHANGED, eventId, recipientId, ...change });
}

const Kept = z.object({
  retentionPolicy: z.enum(['retain_all', 'retain_with_errors', 'erase_all']),
  historyRetentionPeriod: z.int().nullable(),
  dataclipRetentionPeriod: z.int().nullable(),
});
const Payload = z.object({
  recipientId: z.guid(),
  projectId: z.guid(),
  actorId: z.guid().nullable(),
  before: Kept,
  after: Kept,
});

/** Tells a member what changed and who did it; nothing to somebody who is no member any more. */
export const composeRetentionChanged: ComposeMail = async (payload, { read, publicUrl }) => {
  const { recipientId, projectId, actorId, before, after } = Payload.parse(payload);
  const member = await toldMember(read, projectId, recipientId, actorId).executeTakeFirst();
  if (member === undefined) return undefined;
  const actor = actorOf(member);
  return {
    to: member.email,
    subject: `Data retention of the project ${member.name} changed`,
    body: [
      { paragraph: `Hello ${nameOf(member)},` },
      { paragraph: `${actor} changed how long the project ${member.name} keeps its data.` },
      { facts: differences(before, after) },
      { link: { text: 'Open the project', url: projectLink(publicUrl, projectId) } },
    ],
  };
};

const POLICIES = {
  retain_all: 'keep the data of all runs',
  retain_with_errors: 'keep the data of failed runs only',
  erase_all: 'keep no data of runs',
} as const satisfies Record<Retention['retentionPolicy'], string>;

/** What of the two differs, in words; a period of dataclips would contradict a policy that keeps none. */
function differences(before: Retention, after: Retention): [name: string, value: string][] {
  const told = (of: Retention): [name: string, value: string][] => {
    const facts: [string, string][] = [
      ['Data of runs', POLICIES[of.retentionPolicy]],
      ['History', period(of.historyRetentionPeriod)],
    ];
    if (of.retentionPolicy !== 'erase_all') facts.push(['Dataclips', period(of.dataclipRetentionPeriod)]);
    return facts;
  };
  const old = new Map(told(before));
  return told(after).flatMap(([name, value]) => {
    const was = old.get(name);
    if (was === value) return [];
    return [[name, `${was === undefined ? '' : `until now: ${was}; `}from now on: ${value}`]];
  });
}

function period(days: number | null): string {
  return days === null ? 'no limit' : `${days} days`;
}
