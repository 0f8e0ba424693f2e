import { randomBytes } from 'node:crypto';

let lastMs = 0;
let sequence = 0;

/**
 * A UUID of version 7 (RFC 9562): rows sort by id in the order of their making.
 *
 * Within one process ids rise strictly, also inside a millisecond and when the clock steps back: 24 bits after the
 * millisecond count up from a random start (method 1 of section 6.2).
 */
export function v7(now: Date = new Date()): string {
  const ms = now.getTime();
  const bytes = randomBytes(16);
  if (ms > lastMs) {
    lastMs = ms;
    sequence = bytes.readUIntBE(6, 3) >>> 1;
  } else {
    sequence += 1;
    if (sequence > 0xffffff) {
      lastMs += 1;
      sequence = 0;
    }
  }
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes[6] = 0x70 | (sequence >>> 20);
  bytes[7] = (sequence >>> 12) & 0xff;
  bytes[8] = 0x80 | ((sequence >>> 6) & 0x3f);
  bytes[9] = ((sequence & 0x3f) << 2) | ((bytes[9] ?? 0) & 0x03);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
