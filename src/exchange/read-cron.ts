import { CronExpressionParser } from 'cron-parser';

/** The names that Lightning takes in place of five fields. */
const NAMED = /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)$/;

/** Whether a text is a cron expression of five fields (minute, hour, day, month, weekday) or a name for one. */
export function isCronExpression(text: string): boolean {
  const expression = text.trim();
  if (NAMED.test(expression)) return true;
  // The parser also takes fewer fields, one for seconds, and Jenkins' H and Quartz's ?, which Lightning does not.
  const fields = expression.split(/\s+/);
  if (fields.length !== 5 || /\?|\bh\b/i.test(expression)) return false;
  try {
    CronExpressionParser.parse(fields.map(familiar).join(' '));
    return true;
  } catch {
    return false;
  }
}

const DAY = 2;

/** A field with what Lightning's parser takes and this one does not in terms of what both take. */
function familiar(field: string, index: number): string {
  return field
    .split(',')
    .map((part) => {
      // From 22 to 2 o'clock, from Friday to Monday: what is between them need not be looked at.
      const [, from = '', to = ''] = /^(\w+)-(\w+)(?:\/[1-9]\d*)?$/.exec(part) ?? [];
      if (Number(from) > Number(to) || /^[a-z]{3}$/i.test(from)) return `${from},${to}`;
      // The weekday next to a day of the month, or to its last one.
      return index === DAY ? part.replace(/^(\d+|L)W$/i, '$1') : part;
    })
    .join(',');
}
