import { type Alias, isAlias, isMap, isScalar, isSeq, type ParsedNode } from 'yaml';

/** What each alias stands for, or the first alias that cannot be followed. */
export type Aliases =
  | { readonly targets: ReadonlyMap<Alias, ParsedNode> }
  | { readonly alias: Alias.Parsed; readonly reason: 'UNKNOWN_ALIAS' | 'ALIAS_CYCLE' | 'ALIASES_TOO_LARGE' };

/**
 * Finds the node that each alias stands for: the latest one before it with that anchor.
 *
 * Bounds what the aliases would come to if they were written out, without writing them out, so that a few lines
 * that double each other end here at once ("billion laughs").
 *
 * @param maxLength of the text that all aliases together stand for
 */
export function resolveAliases(root: ParsedNode, maxLength: number): Aliases {
  const anchored = new Map<string, ParsedNode>();
  const lengths = new Map<ParsedNode, number>();
  const targets = new Map<Alias, ParsedNode>();
  let expanded = 0;
  let failure: Aliases | undefined;

  const follow = (alias: Alias.Parsed): number => {
    const target = anchored.get(alias.source);
    const length = target === undefined ? undefined : lengths.get(target);
    expanded += length ?? 0;
    if (target === undefined) failure = { alias, reason: 'UNKNOWN_ALIAS' };
    else if (length === undefined) failure = { alias, reason: 'ALIAS_CYCLE' };
    else if (expanded > maxLength) failure = { alias, reason: 'ALIASES_TOO_LARGE' };
    else targets.set(alias, target);
    return length ?? 0;
  };

  const measure = (node: ParsedNode | null): number => {
    if (node === null || failure !== undefined) return 0;
    if (isAlias(node)) return follow(node);
    if (node.anchor !== undefined) anchored.set(node.anchor, node);
    let length = 1;
    if (isScalar(node)) length += node.source.length;
    else if (isSeq(node)) for (const item of node.items) length += measure(item);
    else if (isMap(node)) for (const { key, value } of node.items) length += measure(key) + measure(value);
    if (node.anchor !== undefined) lengths.set(node, length);
    return length;
  };

  measure(root);
  return failure ?? { targets };
}
