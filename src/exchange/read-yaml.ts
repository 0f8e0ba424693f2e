import { Composer, isAlias, Lexer, LineCounter, type ParsedNode, Parser } from 'yaml';
import type { Place } from './document.ts';
import { resolveAliases } from './read-aliases.ts';
import type { ReadLimits } from './read-limits.ts';
import { mergeKeysOf } from './read-merge-keys.ts';
import { pathAt } from './read-path.ts';
import { type ProblemLog, quote, UnreadableDocument } from './read-problems.ts';
import { makeValue, type Value } from './read-value.ts';

/** What a text is a part of. */
export interface Origin {
  /** Number of the text's first line within the document. */
  readonly line: number;
  /** Path of what the text's root mapping or list is a part of. */
  readonly path: string;
  /** Number of the first item, when the text is a part of a list. */
  readonly firstIndex: number;
}

/**
 * YAML 1.2 with its core schema, whatever the document's own directive says; keys are strings as they stand, and
 * a tag outside the schema is a warning. Duplicate keys are found by the readers, which do not compare every key
 * with every other.
 */
const OPTIONS = {
  version: '1.2',
  schema: 'core',
  merge: false,
  resolveKnownTags: false,
  stringKeys: true,
  uniqueKeys: false,
  prettyErrors: false,
} as const;

/** The parser's messages may quote the text at hand, however long it is. */
const MAX_MESSAGE_LENGTH = 300;

const MERGE_KEY_MESSAGE =
  'merge keys are not supported, which YAML 1.2 does not have: the keys must be written out (a key that is called "<<" ' +
  'stands in quotes)';

const ALIAS_MESSAGES = {
  UNKNOWN_ALIAS:
    'no anchor of this name stands before it (in a document that is read workflow by workflow: in the same workflow)',
  ALIAS_CYCLE: 'it stands inside of what it stands for',
  ALIASES_TOO_LARGE: 'written out, the aliases would be larger than a workflow may be',
};

/**
 * Parses one YAML text. The parser's errors, and its warnings, which have cut values short in real documents, go
 * to the log as errors.
 *
 * @returns the text's root; undefined when there was any error: what a broken text says is not to be trusted
 * @throws {UnreadableDocument} TOO_DEEP, TOO_MANY_TOKENS
 */
export function parseYaml(
  text: string,
  origin: Origin,
  limits: ReadLimits,
  log: ProblemLog,
): Value | undefined {
  const lines = new LineCounter();
  const place = (offset: number, path: string): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: origin.line + line - 1, column: col, path };
  };
  const tokens = boundedTokens(text, lines, limits, (offset) => place(offset, ''));
  const [document, another] = new Composer(OPTIONS).compose(tokens, true, text.length);
  if (document === undefined) throw new Error('the YAML composer gave no document');
  const { contents } = document;
  const placeInTree = (offset: number): Place =>
    place(offset, pathAt(contents, offset, origin.path, origin.firstIndex));

  const problems = [...document.errors, ...document.warnings];
  for (const { pos, code, message } of problems) {
    log.error(placeInTree(pos[0]), `YAML_${code}`, message.slice(0, MAX_MESSAGE_LENGTH));
  }
  if (another !== undefined) {
    const message = 'the text holds more than one YAML document';
    log.error(place(another.range[0], ''), 'MULTIPLE_DOCUMENTS', message);
  }
  if (problems.length > 0 || another !== undefined) return undefined;

  const mergeKeys = mergeKeysOf(contents);
  for (const { range } of mergeKeys) log.error(placeInTree(range[0]), 'MERGE_KEY', MERGE_KEY_MESSAGE);

  const aliases = contents === null ? { targets: new Map() } : resolveAliases(contents, limits.pieceLength);
  if ('reason' in aliases) {
    const { alias, reason } = aliases;
    const message = `alias ${quote(alias.source)}: ${ALIAS_MESSAGES[reason]}`;
    log.error(placeInTree(alias.range[0]), reason, message);
    return undefined;
  }
  if (mergeKeys.length > 0) return undefined;
  const { targets } = aliases;
  const follow = (node: ParsedNode | null) => (isAlias(node) ? (targets.get(node) ?? null) : node);
  return makeValue(contents, contents?.range[0] ?? 0, origin.path, { text, log, place, follow });
}

/**
 * Stops before there is more than a machine should hold, which after composing would be too late, and when the
 * text has so many errors that more of them help nobody.
 */
function* boundedTokens(
  text: string,
  lines: LineCounter,
  limits: ReadLimits,
  placeOf: (offset: number) => Place,
): ReturnType<Parser['parse']> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let tokens = 0;
  let errors = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error' || token.type === 'directive') errors += 1;
      yield token;
    }
    if (errors > limits.problems) return;
    tokens += 1;
    if (tokens + lines.lineStarts.length > limits.tokens) {
      const message = `this workflow or section has more than ${limits.tokens} tokens and lines`;
      throw new UnreadableDocument('TOO_MANY_TOKENS', placeOf(parser.offset), message);
    }
    // The stack holds the document and the scalar at hand besides the collections.
    if (parser.stack.length > limits.depth + 2) {
      const message = `collections are nested more than ${limits.depth} deep`;
      throw new UnreadableDocument('TOO_DEEP', placeOf(parser.offset), message);
    }
  }
  yield* parser.end();
}
