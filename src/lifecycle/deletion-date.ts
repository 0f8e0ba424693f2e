const DAY_MS = 86_400_000;

/**
 * When a project that is scheduled for deletion now may be purged: whole days later, in whole seconds. Days are of 24
 * hours, whatever clocks are put forward in between. Without a number of days it is now.
 */
export function deletionDate(now: Date, afterDays: number | undefined): Date {
  const second = Math.floor(now.getTime() / 1000) * 1000;
  return new Date(second + (afterDays ?? 0) * DAY_MS);
}
