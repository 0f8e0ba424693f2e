import { expect } from 'vitest';

/**
 * Waits until a look shows the same as the one before for ten times in a row; what it shows then.
 *
 * @param look answers undefined while there is nothing yet that could settle
 * @param intervalMs milliseconds between two looks
 */
export async function settled<Value extends number | string>(
  look: () => Value | undefined | Promise<Value | undefined>,
  intervalMs = 30,
): Promise<Value> {
  let last: Value | undefined;
  let still = 0;
  await expect
    .poll(
      async () => {
        const seen = await look();
        still = seen !== undefined && seen === last ? still + 1 : 0;
        last = seen;
        return still;
      },
      { interval: intervalMs },
    )
    .toBe(10);
  if (last === undefined) throw new Error('nothing that could settle');
  return last;
}
