import { isMap, isScalar, isSeq, type ParsedNode } from 'yaml';

/** A longer key is cut short in paths, so that a problem's path stays readable whatever the document holds. */
const MAX_KEY_LENGTH = 200;

/** The path of an entry: keys joined with dots, positions of a list counted from 0. */
export function joinPath(parent: string, key: string | number): string {
  const text = String(key);
  const shown = text.length > MAX_KEY_LENGTH ? `${text.slice(0, MAX_KEY_LENGTH)}…` : text;
  return parent === '' ? shown : `${parent}.${shown}`;
}

/**
 * The path of the innermost entry that an offset of the source text belongs to.
 *
 * @param path of the node itself
 * @param firstIndex number of the node's first item, when the node is a part of a longer list
 */
export function pathAt(node: ParsedNode | null, offset: number, path: string, firstIndex = 0): string {
  if (isMap(node)) {
    const entry = node.items[lastBefore(offset, node.items.length, (index) => node.items[index]?.key)];
    if (entry === undefined || !isScalar(entry.key)) return path;
    return pathAt(entry.value, offset, joinPath(path, String(entry.key.value)));
  }
  if (isSeq(node)) {
    const index = lastBefore(offset, node.items.length, (index) => node.items[index]);
    const item = node.items[index];
    return item === undefined ? path : pathAt(item, offset, joinPath(path, index + firstIndex));
  }
  return path;
}

/** Index of the last of `count` nodes that starts at the offset or before, -1 for none. */
function lastBefore(
  offset: number,
  count: number,
  nodeAt: (index: number) => ParsedNode | undefined,
): number {
  let low = -1;
  let high = count;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const start = nodeAt(middle)?.range[0] ?? 0;
    if (start <= offset) low = middle;
    else high = middle;
  }
  return low;
}
