import { type DescField, type DescMessage, getOption, isMessage, type Message } from '@bufbuild/protobuf';
import { FieldMaskSchema, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { type FieldRules, rules } from '../gen/lightning/projects/v1/rules_pb.ts';
import type { FieldViolation } from './failure.ts';
import { unstorable, valueRule } from './value-rule.ts';

/** Checks one value of a field and says what is wrong with it. */
type ValueCheck = (value: unknown, path: string, violations: FieldViolation[]) => void;
type MessageCheck = (message: Message, path: string, violations: FieldViolation[]) => void;

const checks = new Map<DescMessage, MessageCheck>();

/**
 * Every broken rule of a message: the `(rules)` option of each field as `rules.proto` defines it, unknown enum
 * numbers, moments that no Timestamp can name, masks of too many or too long paths, and in texts what PostgreSQL cannot
 * hold: U+0000 and halves of surrogate pairs. Entries are counted first: those that are too many, or
 * `checked_by_method`, are not looked at.
 */
export function violationsOf(schema: DescMessage, message: Message): FieldViolation[] {
  const violations: FieldViolation[] = [];
  checkOf(schema)(message, '', violations);
  return violations;
}

function checkOf(schema: DescMessage): MessageCheck {
  let check = checks.get(schema);
  if (check === undefined) {
    // A message may contain itself: the map holds a forwarder while its fields are looked at.
    checks.set(schema, (message, path, violations) => check?.(message, path, violations));
    check = compile(schema);
    checks.set(schema, check);
  }
  return check;
}

function compile(schema: DescMessage): MessageCheck {
  if (schema.typeName === TimestampSchema.typeName) return checkTimestamp;
  if (schema.typeName === FieldMaskSchema.typeName) return checkFieldMask;
  if (schema.typeName.startsWith('google.protobuf.')) return () => {};
  const fields = schema.fields.map(compileField).filter((check) => check !== undefined);
  return (message, path, violations) => {
    for (const check of fields) check(message, path, violations);
  };
}

/** Seconds since 1970 of the first and the last second that a Timestamp can name: of the years 1 to 9999. */
const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;

function checkTimestamp(message: Message, field: string, violations: FieldViolation[]): void {
  if (!isMessage(message, TimestampSchema)) return;
  const { seconds, nanos } = message;
  if (seconds >= FIRST_SECOND && seconds <= LAST_SECOND && nanos >= 0 && nanos < 1e9) return;
  const description = 'must lie in the years 1 to 9999, its nanos between 0 and 999,999,999';
  violations.push({ field, description, rule: 'TIMESTAMP' });
}

/** Far above what any mask has to name, and little enough to answer what is wrong with each path. */
const MASK_PATHS = { minItems: 0, maxItems: 100 };
const PATH_LENGTH = 100;

function checkFieldMask(message: Message, field: string, violations: FieldViolation[]): void {
  if (!isMessage(message, FieldMaskSchema)) return;
  const { paths } = message;
  const path = `${field}.paths`;
  if (!checkCount(paths.length, path, MASK_PATHS, violations)) return;
  if (paths.every((one) => one.length <= PATH_LENGTH)) return;
  const description = `has an entry of more than ${PATH_LENGTH} characters`;
  violations.push({ field: path, description, rule: 'MAX_LEN' });
}

function compileField(field: DescField): MessageCheck | undefined {
  const rule = getOption(field, rules);
  if (rule.outputOnly) return undefined;
  const checkValue = compileValue(field, rule);
  return (message, parent, violations) => {
    const value = fieldValue(message, field);
    const path = parent === '' ? field.name : `${parent}.${field.name}`;
    if (isMissing(value, field)) {
      if (rule.required || rule.minItems > 0)
        violations.push({ field: path, description: 'is required', rule: 'REQUIRED' });
      return;
    }
    if (rule.checkedByMethod && Array.isArray(value)) checkCount(value.length, path, rule, violations);
    else if (Array.isArray(value)) checkList(value, path, rule, checkValue, violations);
    else if (field.fieldKind === 'map') checkMap(value, path, rule, checkValue, violations);
    else {
      if (rule.required && field.fieldKind === 'scalar' && value === '') {
        violations.push({ field: path, description: 'is required', rule: 'REQUIRED' });
      } else checkValue(value, path, violations);
    }
  };
}

/** The value as the message holds it; undefined when it is not set. */
function fieldValue(message: Message, field: DescField): unknown {
  if (field.oneof === undefined) return Reflect.get(message, field.localName);
  const chosen: unknown = Reflect.get(message, field.oneof.localName);
  if (typeof chosen !== 'object' || chosen === null) return undefined;
  return Reflect.get(chosen, 'case') === field.localName ? Reflect.get(chosen, 'value') : undefined;
}

function isMissing(value: unknown, field: DescField): boolean {
  if (value === undefined) return true;
  if (field.fieldKind === 'list') return Array.isArray(value) && value.length === 0;
  if (field.fieldKind === 'map')
    return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  if (field.presence !== IMPLICIT) return false;
  if (value instanceof Uint8Array) return value.length === 0;
  return value === '' || value === 0 || value === 0n || value === false;
}

/** google.protobuf.FeatureSet.FieldPresence.IMPLICIT: an empty value and a missing one are the same. */
const IMPLICIT = 2;

function checkList(
  values: readonly unknown[],
  path: string,
  rule: FieldRules,
  check: ValueCheck,
  violations: FieldViolation[],
): void {
  if (!checkCount(values.length, path, rule, violations)) return;
  values.forEach((value, index) => {
    check(value, `${path}[${index}]`, violations);
  });
}

function checkMap(
  value: unknown,
  path: string,
  rule: FieldRules,
  check: ValueCheck,
  violations: FieldViolation[],
): void {
  const entries = Object.entries(value ?? {});
  if (!checkCount(entries.length, path, rule, violations)) return;
  for (const [key, entry] of entries) {
    const problem = unstorable(key);
    if (problem !== undefined)
      violations.push({ field: path, description: `a key ${problem[1]}`, rule: problem[0] });
    check(entry, `${path}[${JSON.stringify(key)}]`, violations);
  }
}

/** Whether entries are few enough to look at each of them. */
function checkCount(
  count: number,
  path: string,
  rule: Pick<FieldRules, 'minItems' | 'maxItems'>,
  violations: FieldViolation[],
): boolean {
  if (count < rule.minItems) {
    violations.push({
      field: path,
      description: `needs at least ${rule.minItems} entries`,
      rule: 'MIN_ITEMS',
    });
  }
  if (rule.maxItems === 0 || count <= rule.maxItems) return true;
  const description = `has ${count} entries, at most ${rule.maxItems} are allowed`;
  violations.push({ field: path, description, rule: 'MAX_ITEMS' });
  return false;
}

function compileValue(field: DescField, rule: FieldRules): ValueCheck {
  if (field.message !== undefined) {
    const schema = field.message;
    return (value, path, violations) => checkOf(schema)(asMessage(value), path, violations);
  }
  if (field.enum !== undefined) {
    const known = new Set(field.enum.values.map(({ number }) => number));
    return (value, path, violations) => {
      if (typeof value === 'number' && known.has(value)) return;
      violations.push({
        field: path,
        description: `${String(value)} is not a value of ${field.enum?.name}`,
        rule: 'ENUM',
      });
    };
  }
  const problemOf = valueRule(rule);
  return (value, path, violations) => {
    const problem = problemOf(value);
    if (problem !== undefined) violations.push({ field: path, description: problem[1], rule: problem[0] });
  };
}

function asMessage(value: unknown): Message {
  // The descriptor says that the field holds a message, and protobuf-es keeps to its descriptors.
  return value as Message;
}
