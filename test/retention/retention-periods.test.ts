import { describe, expect, it } from 'vitest';
import { cutoff } from '../../src/retention/retention-periods.ts';

describe('The cutoff of a period', () => {
  it.each([
    ['2026-03-31T23:59:59.999Z', 30, '2026-03-01T23:59:59.999Z'],
    ['2026-03-01T00:00:00.000Z', 7, '2026-02-22T00:00:00.000Z'],
    ['2028-03-01T00:00:00.000Z', 7, '2028-02-23T00:00:00.000Z'],
    ['2028-12-31T12:00:00.000Z', 365, '2028-01-01T12:00:00.000Z'],
    // The clocks of Europe and America change in these weeks.
    ['2026-03-30T01:30:00.000Z', 7, '2026-03-23T01:30:00.000Z'],
    ['2026-11-02T06:30:00.000Z', 14, '2026-10-19T06:30:00.000Z'],
  ])('at %s is, for %i days, %s', (now, days, moment) => {
    expect(cutoff(days, new Date(now))).toBe(moment);
  });

  it('is none without a period', () => {
    expect(cutoff(null, new Date())).toBeNull();
  });
});
