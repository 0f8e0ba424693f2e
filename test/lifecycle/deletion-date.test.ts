import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deletionDate } from '../../src/lifecycle/deletion-date.ts';

describe('The date of a deletion', () => {
  it.each([
    ['2026-01-31T23:59:59.999Z', 1, '2026-02-01T23:59:59.000Z'],
    ['2026-01-31T10:00:00.500Z', 30, '2026-03-02T10:00:00.000Z'],
    ['2028-02-28T00:00:00.000Z', 1, '2028-02-29T00:00:00.000Z'],
    ['2026-12-31T12:34:56.001Z', 7, '2027-01-07T12:34:56.000Z'],
    ['2026-03-28T23:30:00.000Z', 2, '2026-03-30T23:30:00.000Z'],
    ['2026-07-01T08:00:00.999Z', undefined, '2026-07-01T08:00:00.000Z'],
    ['2026-07-01T08:00:00.999Z', 0, '2026-07-01T08:00:00.000Z'],
  ])('of a project scheduled at %s for %s days later is %s', (now, days, date) => {
    expect(deletionDate(new Date(now), days).toISOString()).toBe(date);
  });

  it('is whole seconds and whole days later, whenever it is', () => {
    const moments = fc.date({
      min: new Date('1970-01-01'),
      max: new Date('2200-01-01'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moments, fc.integer({ min: 0, max: 36_500 }), (now, days) => {
        const later = deletionDate(now, days).getTime();
        expect(later % 1000).toBe(0);
        const passed = later - days * 86_400_000 - now.getTime();
        expect(passed).toBeLessThanOrEqual(0);
        expect(passed).toBeGreaterThan(-1000);
      }),
    );
  });
});
