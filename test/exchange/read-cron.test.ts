import { describe, expect, it } from 'vitest';
import { isCronExpression } from '../../src/exchange/read-cron.ts';

describe('a cron expression', () => {
  it.each([
    '* * * * *',
    '0 23 * * *',
    '00 * * * *',
    '07 * * * *',
    '*/10 * * * *',
    '0,30 8-18/2 1 jan,feb mon-fri',
    '0 0 * * 7',
    ' 0  6 * * * ',
    // What Lightning runs, too: a range over the end of its field, the weekday next to a day.
    '* 22-2 * * *',
    '5-1/2 * * * fri-mon',
    '0 6 15W * *',
    '0 6 1w,LW * *',
    '0 6 L * 5L',
    '@daily',
    '@hourly',
    '@midnight',
  ])('may be %s', (expression) => {
    expect(isCronExpression(expression)).toBe(true);
  });

  it.each([
    '',
    'hourly',
    '@secondly',
    '@reboot',
    '* * * *',
    '* * * * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '*/0 * * * *',
    '* 22-24 * * *',
    '* 24-2 * * *',
    '* 22-2-4 * * *',
    '* 5W * * *',
    '* * 32W * *',
    '* * W * *',
    '* * * * 1W',
    'a b c d e',
    'H * * * *',
    '0 0 ? * *',
    '0 0 30 2 *',
  ])('may not be %s', (expression) => {
    expect(isCronExpression(expression)).toBe(false);
  });
});
