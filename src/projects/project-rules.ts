import type { FieldViolation } from '../call/failure.ts';
import { repeats } from '../call/repeats.ts';
import type { RetentionPolicyName } from '../database/project-row.ts';

/** Days that history and dataclips may be kept (Lightning's `data_retention_options`). */
export const retentionPeriods = [7, 14, 30, 90, 180, 365] as const;

/** The environment of a root project that names none. */
export const DEFAULT_ENV = 'main';

export interface Retention {
  readonly retentionPolicy: RetentionPolicyName;
  readonly historyRetentionPeriod: number | null;
  readonly dataclipRetentionPeriod: number | null;
}

/**
 * What is wrong with a project's retention, by field. The dataclip period is looked at only where it counts:
 * see {@link settledRetention}.
 */
export function retentionViolations(retention: Retention): FieldViolation[] {
  const { historyRetentionPeriod: history, dataclipRetentionPeriod: dataclips } = settledRetention(retention);
  const violations: FieldViolation[] = [];
  if (history !== null && !isPeriod(history)) violations.push(badPeriod('project.history_retention_period'));
  if (dataclips !== null && !isPeriod(dataclips))
    violations.push(badPeriod('project.dataclip_retention_period'));
  if (history !== null && dataclips !== null && dataclips > history) {
    violations.push({
      field: 'project.dataclip_retention_period',
      description: `must be at most the history retention period, ${history} days`,
    });
  }
  return violations;
}

/** Without a history period, or when all data is erased, there is no dataclip period to speak of. */
export function settledRetention(retention: Retention): Retention {
  const pointless = retention.historyRetentionPeriod === null || retention.retentionPolicy === 'erase_all';
  return pointless ? { ...retention, dataclipRetentionPeriod: null } : retention;
}

/** A project's name, where one is needed; its form is stated in the message. */
export function nameViolations(name: string): FieldViolation[] {
  return name === '' ? [{ field: 'project.name', description: 'is required', rule: 'REQUIRED' }] : [];
}

/** Members that a creation or an update sets: nobody twice, and exactly one owner. */
export function memberSetViolations(members: readonly { userId: string; role: string }[]): FieldViolation[] {
  const violations = repeats(
    members.map(({ userId }) => userId),
    (index) => `members[${index}].user_id`,
  );
  const owners = members.filter(({ role }) => role === 'owner').length;
  if (owners !== 1) {
    violations.push({
      field: 'members',
      description: `must hold exactly one owner, not ${owners}`,
      rule: 'ONE_OWNER',
    });
  }
  return violations;
}

function isPeriod(days: number): boolean {
  return retentionPeriods.some((period) => period === days);
}

function badPeriod(field: string): FieldViolation {
  return { field, description: `must be one of ${retentionPeriods.join(', ')} days, or unset` };
}
