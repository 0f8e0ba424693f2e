import { isMap, isScalar, isSeq, type ParsedNode, type Scalar } from 'yaml';

/**
 * The merge keys of YAML 1.1 (`<<`) in all mappings below a node, in their order. YAML 1.2 has none: to a reader of it
 * what they stand for is missing. In quotes it is a key like any other.
 */
export function mergeKeysOf(node: ParsedNode | null): readonly Scalar.Parsed[] {
  const found: Scalar.Parsed[] = [];
  collect(node, found);
  return found;
}

function collect(node: ParsedNode | null, found: Scalar.Parsed[]): void {
  if (isSeq(node)) for (const item of node.items) collect(item, found);
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    if (isScalar(key) && key.type === 'PLAIN' && key.source === '<<') found.push(key);
    collect(value, found);
  }
}
