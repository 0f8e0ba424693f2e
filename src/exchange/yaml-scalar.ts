/**
 * Strings as YAML scalars, in the forms that OpenFn projects keep in their git repositories.
 *
 * What is written here means the same string to a reader of YAML 1.1 and to one of YAML 1.2.
 *
 * Bodies. A job's body and an edge's condition do not count one final newline as content: `a` and `a` with a
 * newline are both written as `|` and the line `a`. Their reader therefore drops the final newline of a clipped
 * block (`|`, `>`) and takes every other form as it is: `|+` (written for two or more final newlines), `|-`, and
 * quotes. A description is exact: its final newline counts, so its reader drops nothing.
 */

/** The plain form of Lightning's own exports: narrower than YAML's, and kept because people diff these files. */
const PLAIN_NAME = /^[A-Za-z0-9][-\w@.> ]*[A-Za-z0-9]$/;

/**
 * Plain words that YAML 1.1 or 1.2 resolves to a boolean, null, a number, a time of day or a date. `e1` is a number
 * to the `yaml` package alone, when it reads 1.1.
 */
const RESOLVED = new RegExp(
  `^(?:${[
    'y|n|yes|no|on|off|true|false|null',
    String.raw`\d[\d_]*(?::[0-5]?\d)*(?:\.[\d_.]*)?(?:e[-+]?\d+)?`,
    String.raw`e[-+]?\d+`,
    String.raw`0(?:x[\da-f_]+|o[0-7_]+|b[01_]+)`,
    String.raw`\d{4}-\d\d?-\d\d?(?:(?:t|[ \t]+)\d\d?:.*)?`,
  ].join('|')})$`,
  'i',
);

/** What only an escape can carry: controls, line breaks of YAML 1.1 (NEL, LS, PS), BOM, lone surrogates. */
const NEEDS_ESCAPE =
  /[^\n\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;

const LINE_BREAK_OR_TAB = /[\n\t]/;

/** `: ` and ` #` end a plain scalar; a colon or a blank at its end is not part of it. */
const ENDS_PLAIN = /: | #|[: ]$/;

const STARTS_WITH_LETTER_OR_DIGIT = /^[\p{L}\p{N}]/u;

/** The first line that is not empty is indented, which would be taken for the block's own indentation. */
const FIRST_LINE_INDENTED = /^\n* /;

const LAST_LINE_BLANK = /\n[ \t]+\n*$/;

const START_OF_FILLED_LINE = /\n(?=[^\n])/g;

/** YAML gives up on a simple key that is longer. */
const SIMPLE_KEY_MAX_LENGTH = 1024;

/** Indentation of a mapping's content against its parent's, in spaces. */
const STEP = '  ';

/** A value: plain, else in single quotes, else in double quotes. One line, never folded. */
export function valueScalar(value: string): string {
  return isPlainName(value) ? value : quotedScalar(value);
}

/** A value that is never plain, for what has always been quoted: adaptors and cron expressions. */
export function quotedScalar(value: string): string {
  if (NEEDS_ESCAPE.test(value) || LINE_BREAK_OR_TAB.test(value)) return jsonScalar(value);
  return `'${value.replaceAll("'", "''")}'`;
}

/** A JSON value on one line, which is YAML as it stands once its characters are safe. */
export function jsonScalar(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A mapping entry up to and with the colon after its key: plain, else in double quotes. */
export function entryStart(key: string, indent: string): string {
  const scalar = isPlainName(key) ? key : jsonScalar(key);
  return scalar.length > SIMPLE_KEY_MAX_LENGTH ? `${indent}? ${scalar}\n${indent}:` : `${indent}${scalar}:`;
}

/**
 * A body or a condition: a literal block, or double quotes where no block can hold it.
 *
 * @param indent indentation of the key that it belongs to; the block's lines stand two further in
 */
export function bodyScalar(text: string, indent: string): string {
  const content = withoutFinalNewline(text);
  if (content === '') return '|';
  if (!fitsBlock(text)) return jsonScalar(text);
  return literalBlock(content, indent, content.endsWith('\n') ? '+' : '');
}

/** A description: plain when it can be, else a literal block, else double quotes. Keeps its final newline. */
export function descriptionScalar(text: string, indent: string): string {
  if (isPlainSentence(text)) return text;
  if (!fitsBlock(text)) return jsonScalar(text);
  if (!text.endsWith('\n')) return literalBlock(text, indent, '-');
  const content = withoutFinalNewline(text);
  return literalBlock(content, indent, content.endsWith('\n') ? '+' : '');
}

function isPlainName(text: string): boolean {
  return PLAIN_NAME.test(text) && !RESOLVED.test(text);
}

function isPlainSentence(text: string): boolean {
  return (
    STARTS_WITH_LETTER_OR_DIGIT.test(text) &&
    !ENDS_PLAIN.test(text) &&
    !LINE_BREAK_OR_TAB.test(text) &&
    !NEEDS_ESCAPE.test(text) &&
    !RESOLVED.test(text)
  );
}

function withoutFinalNewline(text: string): string {
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

/**
 * Blank texts are out because parsers disagree on a block without a filled line, and so are texts that begin
 * indented and end in a blank line: the `yaml` package loses that line once the indentation is explicit.
 */
function fitsBlock(text: string): boolean {
  return (
    !NEEDS_ESCAPE.test(text) &&
    text.trim() !== '' &&
    !(FIRST_LINE_INDENTED.test(text) && LAST_LINE_BLANK.test(text))
  );
}

/**
 * Empty lines stay empty but for the first, which carries the indentation: so do Lightning's exports.
 *
 * @param content without the newline that ends the block's last line
 */
function literalBlock(content: string, indent: string, chomping: '' | '+' | '-'): string {
  const lineStart = indent + STEP;
  const indentation = FIRST_LINE_INDENTED.test(content) ? STEP.length : '';
  return `|${indentation}${chomping}\n${lineStart}${content.replace(START_OF_FILLED_LINE, `\n${lineStart}`)}`;
}
