import { CronExpressionParser } from 'cron-parser';

/** The names that Lightning takes in place of five fields. */
const NAMED = /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)$/;

/** Whether a text is a cron expression of five fields (minute, hour, day, month, weekday) or a name for one. */
export function isCronExpression(text: string): boolean {
  const expression = text.trim();
  if (NAMED.test(expression)) return true;
  // The parser also takes fewer fields, one for seconds, and Jenkins' H and Quartz's ?, which Lightning does not.
  if (expression.split(/\s+/).length !== 5 || /\?|\bh\b/i.test(expression)) return false;
  try {
    CronExpressionParser.parse(expression);
    return true;
  } catch {
    return false;
  }
}
