const QUOTE = 0x22;
const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const OPENING_BRACE = 0x7b;

/**
 * How many values a JSON text holds, those in its objects and arrays counted, or a number above `most`. Tells what
 * parsing would cost, for a fraction of it; of what is no JSON it tells nothing.
 */
export function countValues(text: Uint8Array, most: number): number {
  let count = 1;
  let isString = false;
  for (let at = 0; at < text.length && count <= most; at += 1) {
    const byte = text[at];
    if (isString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isString = false;
    } else if (byte === QUOTE) isString = true;
    // The first value of an object or array follows its opening, every other one a comma.
    else if (byte === COMMA || byte === OPENING_BRACKET || byte === OPENING_BRACE) count += 1;
  }
  return count;
}
