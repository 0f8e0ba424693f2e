import { create } from '@bufbuild/protobuf';
import { TimestampSchema, timestampFromMs } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundOf, fromTimestamp, toDate, toTimestamp } from '../../src/database/timestamp.ts';

test.each([
  ['2026-01-01 10:00:00.123456+00', 1767261600n, 123_456_000],
  ['2026-01-01 10:00:00.1+00', 1767261600n, 100_000_000],
  ['2026-01-01 10:00:00+00', 1767261600n, 0],
  ['1969-12-31 23:59:59.5+00', -1n, 500_000_000],
])('%s is a protobuf timestamp to the microsecond', (text, seconds, nanos) => {
  expect(toTimestamp(text)).toMatchObject({ seconds, nanos });
});

test('what a Date holds comes back, before and after 1970', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0, 0), max: new Date('9999-12-31'), noInvalidDate: true }),
      (date) => {
        const text = date.toISOString().replace('T', ' ').replace('Z', '+00');
        expect(toDate(text)).toEqual(date);
        expect(toTimestamp(text)).toEqual(timestampFromMs(date.getTime()));
      },
    ),
  );
});

test('a Date cuts off what is finer than a millisecond', () => {
  expect(toDate('2026-01-01 10:00:00.123999+00')).toEqual(new Date('2026-01-01T10:00:00.123Z'));
});

test.each([
  'infinity',
  '2026-01-01 10:00:00+01',
  '2026-13-01 10:00:00+00',
  '2026-00-01 10:00:00+00',
  '2026-01-32 10:00:00+00',
  '2026-01-01 24:00:00+00',
  '2026-01-01 10:60:00+00',
  '2026-01-01 1o:00:00+00',
  '2026-01-01T10:00:00+00',
  '2026-01-01 10:00:00,5+00',
  '2026-01-01 10:00:00.+00',
  '2026-01-01 10:00:00.1x+00',
  '2026-01-01 10:00:00.1234567+00',
  '0000-01-01 10:00:00+00',
  '0044-03-15 10:00:00+00 BC',
  '10000-01-01 10:00:00+00',
  '2026-01-01',
  '',
])('%j is refused', (text) => {
  expect(() => toDate(text)).toThrow(RangeError);
  expect(() => toTimestamp(text)).toThrow(RangeError);
});

test('a protobuf timestamp comes back as it was, to the microsecond, over all years that it can name', () => {
  const seconds = fc.bigInt({ min: -62_135_596_800n, max: 253_402_300_799n });
  fc.assert(
    fc.property(seconds, fc.nat({ max: 999_999 }), (seconds, micros) => {
      const timestamp = create(TimestampSchema, { seconds, nanos: micros * 1000 });
      expect(toTimestamp(fromTimestamp(timestamp))).toEqual(timestamp);
    }),
  );
});

test.each([
  [0n, 1, '1970-01-01 00:00:00.000000+00', '1970-01-01 00:00:00.000001+00'],
  [0n, 1001, '1970-01-01 00:00:00.000001+00', '1970-01-01 00:00:00.000002+00'],
  [0n, 2000, '1970-01-01 00:00:00.000002+00', '1970-01-01 00:00:00.000002+00'],
  [-1n, 999_999_999, '1969-12-31 23:59:59.999999+00', '1970-01-01 00:00:00.000000+00'],
  [253_402_300_799n, 999_999_999, '9999-12-31 23:59:59.999999+00', '10000-01-01 00:00:00.000000+00'],
])(
  'what is finer than a microsecond is cut off to be stored, rounded up as a bound: %i s %i ns',
  (seconds, nanos, stored, bound) => {
    const timestamp = create(TimestampSchema, { seconds, nanos });
    expect(fromTimestamp(timestamp)).toBe(stored);
    expect(boundOf(timestamp)).toBe(bound);
  },
);
