import type { FieldRules } from '../gen/lightning/projects/v1/rules_pb.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Without the marks of RFC 5322 that only stand in quotes, and what nobody sees: control and format characters. */
const ADDRESS = /^[^\s@<>()[\],;:\\"\p{Cc}\p{Cf}]+@[^\s@<>()[\],;:\\"\p{Cc}\p{Cf}]+$/u;

/** Characters of an e-mail address (RFC 5321). */
export const ADDRESS_LENGTH = 254;

/** A broken rule by its name, and what is wrong in words. */
export type Problem = readonly [rule: string, description: string];

/**
 * What is wrong with one value, text, number or bytes, by the rules of its field: the first rule that it breaks;
 * undefined when there is none.
 */
export function valueRule(rule: FieldRules): (value: unknown) => Problem | undefined {
  const [text, number, bytes] = [textRule(rule), numberRule(rule), bytesRule(rule)];
  return (value) => text(value) ?? number(value) ?? bytes(value);
}

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Whether a text looks like the e-mail address of somebody. */
export function isAddress(text: string): boolean {
  return text.length <= ADDRESS_LENGTH && ADDRESS.test(text);
}

/** What keeps a text out of the database. */
export function unstorable(text: string): Problem | undefined {
  if (text.includes('\0')) return ['NUL', 'must not contain the character U+0000'];
  if (!text.isWellFormed()) return ['UNICODE', 'must not contain half a surrogate pair'];
  return undefined;
}

/** What is wrong with a text that has more characters than it may have; undefined for any other. */
export function tooLong(text: string, most: number): string | undefined {
  // A text has at most as many characters as code units, so the exact count is seldom needed.
  const count = text.length <= most ? 0 : characters(text);
  return count <= most ? undefined : `has ${count} characters, at most ${most} are allowed`;
}

function textRule(rule: FieldRules): (value: unknown) => Problem | undefined {
  const pattern = rule.pattern === '' ? undefined : new RegExp(`^(?:${rule.pattern})$`, 'u');
  return (value) => {
    if (typeof value !== 'string') return undefined;
    const broken = unstorable(value);
    if (broken !== undefined) return broken;
    if (rule.uuid && !isUuid(value))
      return ['UUID', 'must be a UUID like 0190a8b2-5c1e-7e2f-8a3b-9c4d5e6f7a8b'];
    if (rule.email && !isAddress(value)) return ['EMAIL', 'must be an e-mail address'];
    if (rule.minLen > 0 && characters(value) < rule.minLen) {
      return ['MIN_LEN', `must have at least ${rule.minLen} characters`];
    }
    const long = rule.maxLen > 0 ? tooLong(value, rule.maxLen) : undefined;
    if (long !== undefined) return ['MAX_LEN', long];
    if (rule.maxBytes > 0 && Buffer.byteLength(value) > rule.maxBytes) {
      return ['MAX_BYTES', `is larger than ${rule.maxBytes} bytes`];
    }
    if (pattern !== undefined && !pattern.test(value)) {
      return [
        'PATTERN',
        `must be ${rule.patternHint === '' ? `of the form ${rule.pattern}` : rule.patternHint}`,
      ];
    }
    return undefined;
  };
}

function numberRule(rule: FieldRules): (value: unknown) => Problem | undefined {
  const { gte, lte } = rule;
  return (value) => {
    if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
    if (gte !== undefined && value < gte) return ['GTE', `must be at least ${gte}`];
    if (lte !== undefined && value > lte) return ['LTE', `must be at most ${lte}`];
    return undefined;
  };
}

function bytesRule(rule: FieldRules): (value: unknown) => Problem | undefined {
  return (value) => {
    if (!(value instanceof Uint8Array) || rule.maxBytes === 0 || value.length <= rule.maxBytes)
      return undefined;
    return ['MAX_BYTES', `is larger than ${rule.maxBytes} bytes`];
  };
}

function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
