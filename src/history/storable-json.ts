import { unstorable } from '../call/value-rule.ts';

/** Nested arrays and objects: deep enough for any data, and far from where PostgreSQL's parser runs out of stack. */
const LEVELS = 1000;
/** `numeric` holds 131,072 digits before the point and 16,383 behind it; nothing that was measured has a thousand. */
const DIGITS = 1000;
/** A number that may be too long for {@link DIGITS}, or a text that looks like one. */
const LONG_NUMBER = /(?<!\d)\d{1000}|\de[+-]?0*[1-9]\d{2}/i;

/** What keeps a text from being stored as jsonb; undefined when nothing does. */
export function jsonProblem(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'is not JSON';
  }
  return contentProblem(value) ?? (LONG_NUMBER.test(text) ? numberProblem(text) : undefined);
}

/**
 * What in a JSON value keeps it from being stored: its texts and its depth. Looks level by level and not by recursion,
 * which would run out of stack itself.
 */
export function contentProblem(root: unknown): string | undefined {
  let level = [root];
  for (let depth = 1; level.length > 0; depth += 1) {
    const below: unknown[] = [];
    for (const value of level) {
      if (typeof value === 'string') {
        const problem = unstorable(value);
        if (problem !== undefined) return problem[1];
      }
      if (typeof value !== 'object' || value === null) continue;
      if (depth > LEVELS) return `has more than ${LEVELS} levels`;
      if (Array.isArray(value)) {
        for (const item of value) below.push(item);
      } else {
        for (const [key, item] of Object.entries(value)) below.push(key, item);
      }
    }
    level = below;
  }
  return undefined;
}

/** Looks at the numbers as they are written, which parsing rounds. */
function numberProblem(text: string): string | undefined {
  let problem: string | undefined;
  JSON.parse(text, (_key, value: unknown, ...[context]: readonly { readonly source?: string }[]) => {
    if (typeof value === 'number' && isTooLong(context?.source ?? ''))
      problem = `has a number with more than ${DIGITS} digits`;
    return value;
  });
  return problem;
}

function isTooLong(number: string): boolean {
  const [digits = '', exponent = '0'] = number.split(/e/i);
  return digits.length + Math.abs(Number(exponent)) > DIGITS;
}
