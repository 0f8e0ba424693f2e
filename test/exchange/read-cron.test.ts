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
    '5-1 * * * *',
    '*/0 * * * *',
    'a b c d e',
    'H * * * *',
    '0 0 ? * *',
    '0 0 30 2 *',
  ])('may not be %s', (expression) => {
    expect(isCronExpression(expression)).toBe(false);
  });
});
