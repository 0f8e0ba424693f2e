import { isMap, isScalar, isSeq, type ParsedNode, type Scalar } from 'yaml';
import { tooLong } from '../call/value-rule.ts';
import type { Place } from './document.ts';
import { joinPath } from './read-path.ts';
import { type ProblemLog, quote } from './read-problems.ts';

/** One parsed text: where its offsets lie in the document, what its aliases stand for, where problems go. */
export interface Source {
  readonly text: string;
  readonly log: ProblemLog;
  place(offset: number, path: string): Place;
  /** The node itself, or what it stands for when it is an alias. */
  follow(node: ParsedNode | null): ParsedNode | null;
}

/** A value of the document: its node, and the mapping entry or list item that it is. */
export interface Value {
  /** Aliases are followed already. */
  readonly node: ParsedNode | null;
  readonly path: string;
  /** Where the value starts in the source's text. */
  readonly offset: number;
  /** Where its entry starts: its key, or the list item itself. */
  readonly entryOffset: number;
  readonly source: Source;
}

/** A key that names another entry of the document, and where it stands. */
export interface Reference {
  readonly key: string;
  readonly place: Place;
}

/** The value of a mapping entry or list item whose key, or whose own text, starts at `entryOffset`. */
export function makeValue(node: ParsedNode | null, entryOffset: number, path: string, source: Source): Value {
  const isEmpty = node === null || (isScalar(node) && node.type === 'PLAIN' && node.source === '');
  return {
    node: source.follow(node),
    path,
    offset: isEmpty ? entryOffset : node.range[0],
    entryOffset,
    source,
  };
}

/** Where a value stands. */
export function placeOf({ source, offset, path }: Value): Place {
  return source.place(offset, path);
}

/** Where the entry begins that a value belongs to. */
export function entryPlaceOf({ source, entryOffset, path }: Value): Place {
  return source.place(entryOffset, path);
}

/** Null, `{}` and `[]` all mean that there is none. */
export function isNone({ node }: Value): boolean {
  if (node === null) return true;
  if (isScalar(node)) return node.value === null;
  return (isMap(node) || isSeq(node)) && node.items.length === 0;
}

/**
 * A text whatever it looks like (`1e3`, `true`, `2026-08-27`), undefined for none. Anything else is an error, and so is
 * one of more characters than `most`.
 */
export function textOf(value: Value, most = Number.POSITIVE_INFINITY): string | undefined {
  if (isNone(value)) return undefined;
  const scalar = scalarOf(value, 'a text');
  if (scalar === undefined) return undefined;
  const text = typeof scalar.value === 'string' ? scalar.value : scalar.source;
  const message = tooLong(text, most);
  if (message !== undefined) {
    value.source.log.error(placeOf(value), 'TOO_LONG', message);
    return undefined;
  }
  requireStorable(text, value);
  return detached(text);
}

/** What YAML's escapes can write and neither UTF-8 nor a database can hold: NUL, and half of a surrogate pair. */
function requireStorable(text: string, value: Value): void {
  if (!text.includes('\0') && text.isWellFormed()) return;
  value.source.log.error(placeOf(value), 'BAD_CHARACTER', 'holds a NUL or half of a surrogate pair');
}

/** A copy. What is cut out of a long text keeps the whole of it in memory (V8), and a short one may live long. */
function detached(text: string): string {
  return Buffer.from(text).toString();
}

/** A text that names another entry. */
export function referenceOf(value: Value, most?: number): Reference | undefined {
  const key = textOf(value, most);
  return key === undefined ? undefined : { key, place: placeOf(value) };
}

/** True or false, undefined for none. Anything else is an error. */
export function flagOf(value: Value): boolean | undefined {
  if (isNone(value)) return undefined;
  const scalar = scalarOf(value, 'true or false');
  if (scalar === undefined) return undefined;
  if (typeof scalar.value === 'boolean') return scalar.value;
  value.source.log.error(
    placeOf(value),
    'NOT_A_BOOLEAN',
    `must be true or false, not ${quote(scalar.source)}`,
  );
  return undefined;
}

/** A whole number of 0 or more, undefined for none. Anything else is an error. */
export function countOf(value: Value): number | undefined {
  if (isNone(value)) return undefined;
  const scalar = scalarOf(value, 'a number');
  if (scalar === undefined) return undefined;
  const { value: number } = scalar;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  value.source.log.error(
    placeOf(value),
    'NOT_A_NUMBER',
    `must be a whole number, 0 or more, not ${quote(scalar.source)}`,
  );
  return undefined;
}

/** The entries of a mapping in their order; empty for none. A key that comes twice, or no mapping, is an error. */
export function entriesOf(value: Value): ReadonlyMap<string, Value> {
  const entries = new Map<string, Value>();
  const { node, path, source } = value;
  if (isNone(value)) return entries;
  if (!isMap(node)) {
    source.log.error(placeOf(value), 'NOT_A_MAPPING', 'must be a mapping of keys to values');
    return entries;
  }
  for (const pair of node.items) {
    const [key, entry] = entryOf(pair, path, source);
    requireStorable(key, entry);
    if (entries.has(key)) reportDuplicateKey(key, entry);
    else entries.set(key, entry);
  }
  return entries;
}

/** The value under a key of a mapping, without a look at the rest of it. */
export function valueUnder({ node, path, source }: Value, key: string): Value | undefined {
  if (!isMap(node)) return undefined;
  const pair = node.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
  return pair === undefined ? undefined : entryOf(pair, path, source)[1];
}

/** One entry of a mapping: its key as a string, whatever the key looks like, and its value. */
function entryOf(
  { key, value }: { readonly key: ParsedNode; readonly value: ParsedNode | null },
  parent: string,
  source: Source,
): [string, Value] {
  // The parser's stringKeys option has refused every key that is no string.
  const text = isScalar(key) ? detached(String(key.value)) : '';
  return [text, makeValue(value, key.range[0], joinPath(parent, text), source)];
}

export function reportDuplicateKey(key: string, value: Value): void {
  value.source.log.error(entryPlaceOf(value), 'DUPLICATE_KEY', `the key ${quote(key)} is there already`);
}

/**
 * The items of a list in their order; empty for none. No list is an error.
 *
 * @param firstIndex number of the first item, when the list is a part of a longer one
 */
export function itemsOf(value: Value, firstIndex = 0): readonly Value[] {
  const { node, path, source } = value;
  if (isNone(value)) return [];
  if (!isSeq(node)) {
    source.log.error(placeOf(value), 'NOT_A_LIST', 'must be a list');
    return [];
  }
  return node.items.map((item, index) =>
    makeValue(item, item.range[0], joinPath(path, firstIndex + index), source),
  );
}

/** A mapping as plain JSON, undefined for none. */
export function jsonOf(value: Value): Readonly<Record<string, unknown>> | undefined {
  if (isNone(value)) return undefined;
  return Object.fromEntries([...entriesOf(value)].map(([key, entry]) => [key, toJson(entry)]));
}

function toJson(value: Value): unknown {
  const { node } = value;
  if (isMap(node)) return jsonOf(value) ?? {};
  if (isSeq(node)) return itemsOf(value).map((item) => toJson(item));
  if (!isScalar(node)) return null;
  if (typeof node.value === 'string') return textOf(value);
  // JSON has no infinity and no NaN.
  return typeof node.value === 'number' && !Number.isFinite(node.value) ? node.source : node.value;
}

function scalarOf(value: Value, wanted: string): Scalar.Parsed | undefined {
  const { node, source } = value;
  if (isScalar(node)) return node;
  source.log.error(
    placeOf(value),
    'NOT_A_SCALAR',
    `must be ${wanted}, not a ${isSeq(node) ? 'list' : 'mapping'}`,
  );
  return undefined;
}
