import { isMap, isScalar } from 'yaml';
import { Fields } from './read-fields.ts';
import { quote } from './read-problems.ts';
import { placeOf, textOf, type Value } from './read-value.ts';

/** Where the bodies are that a document only names, and what becomes of those that are not there. */
export interface BodyFiles {
  /** Path as in the document → text. */
  readonly files: ReadonlyMap<string, string>;
  /** A missing file is an empty body and a warning instead of an error. */
  readonly allowMissingFiles: boolean;
}

const KEEPS_FINAL_NEWLINES = /^[|>]\d?\+/;

/** One, and not the last of several; a file may end its lines as Windows does. */
const ONE_FINAL_NEWLINE = /(?<![\r\n])\r?\n$/;

/**
 * A job's body or an edge's condition. Its one final newline is not content: what a clipped block (`|`, `>`) ends
 * with is dropped, and every other form is taken as it is (see yaml-scalar.ts, which writes them).
 */
export function codeOf(value: Value): string | undefined {
  const text = textOf(value);
  const { node, source } = value;
  if (text === undefined || !isScalar(node) || !node.type?.startsWith('BLOCK')) return text;
  const header = source.text.slice(node.range[0], node.range[0] + 3);
  return KEEPS_FINAL_NEWLINES.test(header) ? text : withoutFinalNewline(text);
}

/**
 * The body of a job: its text, `{path}` for a text among the files sent along, or `{path, content}`.
 * A file's one final newline is not content either.
 */
export function bodyOf(value: Value, files: BodyFiles): string {
  if (!isMap(value.node)) return codeOf(value) ?? '';
  const fields = Fields.of(value);
  const content = fields.take('content');
  const path = fields.text('path');
  fields.warnOfOthers();
  if (content !== undefined) return codeOf(content) ?? '';
  if (path !== undefined) return fileBody(path, value, files);
  fields.log.error(placeOf(value), 'MISSING_BODY', 'a body that is a mapping needs a path or a content');
  return '';
}

/** The body that stands in a file of its own. */
export function fileBody(path: string, value: Value, { files, allowMissingFiles }: BodyFiles): string {
  const text = files.get(path) ?? files.get(path.replace(/^\.\//, ''));
  if (text !== undefined) return withoutFinalNewline(text);
  const { log } = value.source;
  if (allowMissingFiles) {
    log.warning(placeOf(value), 'MISSING_FILE', `${quote(path)} was not sent along: the body is left empty`);
  } else {
    log.error(placeOf(value), 'MISSING_FILE', `the body's file ${quote(path)} was not sent along`);
  }
  return '';
}

function withoutFinalNewline(text: string): string {
  return text.replace(ONE_FINAL_NEWLINE, '');
}
