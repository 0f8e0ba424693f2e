import { countLines } from './read-lines.ts';
import { UnreadableDocument } from './read-problems.ts';

/**
 * A part of a document's text that is YAML by itself: the root's entry `workflows`, one of its other entries, or a
 * workflow as a mapping or list of one entry. Workflows follow `workflows`, which is then nothing but its key.
 */
export interface Segment {
  readonly kind: 'entry' | 'workflows' | 'workflow';
  readonly text: string;
  /** Number of the text's first line within the document. */
  readonly line: number;
}

/** So much of a line shows whether it begins with a key: YAML's keys on one line end before. */
const KEY_LINE_LENGTH = 1200;

/** An entry of a block mapping: an explicit key, or a key without tag or anchor and its colon. */
const ENTRY_LINE =
  /^(?:\?[ \t]|(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|(?:[^\s"'#&*!|>?%@`,[\]{}-]|[?-](?=\S)).*?)[ \t]*:(?:\s|$))/;

const WORKFLOWS_LINE = /^(?:workflows|"workflows"|'workflows')[ \t]*:(?:[ \t]+(?<value>.*))?$/;

const MARKER_LINE = /^(?:---|\.\.\.)(?:[ \t]|$)/;
const START_LINE = /^---[ \t]*(?:#.*)?$/;
const END_LINE = /^\.\.\.[ \t]*(?:#.*)?$/;

const ANCHOR = /(?:^|[\s[{,:])&[^\s&,[\]{}]/;
const ALIAS = /(?:^|[\s[{,:])\*[^\s*,[\]{}]+[ \t]*(?:[\r\n,\]}:#]|$)/;
const PROPERTY_LINE = /(?:^|\n)(?:!| *&[^&\s])/;

/** An item of a block list. */
const ITEM = '-(?=[ \\t\\r\\n]|$)';

/**
 * An entry of a block mapping, and neither a comment nor what may stand as deep as the key that it belongs to: the
 * items of a list, the `:` of an explicit key, the end of a flow collection.
 */
const ENTRY = '(?:[^ \\t\\r\\n#:}\\]-]|[:-](?![ \\t\\r\\n]|$))';

const ROOT_ENTRY = lineThatStartsWith(ENTRY);
/** The first line below `workflows:`. */
const FIRST_ENTRY = lineThatStartsWith(' *[^ \\t\\r\\n#]');
/** Neither blank nor a comment. */
const ANY_CONTENT = lineThatStartsWith('[ \\t]*(?:[^ \\t\\r\\n#]|\\r(?!\\n))');

/** Whether a text begins as a block mapping at the first column, which is what can be split by its lines. */
export function isBlockMapping(text: string): boolean {
  let start = nextLine(text, ANY_CONTENT, 0);
  if (START_LINE.test(lineAt(text, start))) start = nextLine(text, ANY_CONTENT, endOfLine(text, start));
  const line = lineAt(text, start);
  return ENTRY_LINE.test(line) && !MARKER_LINE.test(line);
}

/**
 * Whether a text may hold aliases, which could lead from one part of it to another, or keys with an anchor or a tag
 * before them. Code in bodies can look like that, which costs no more than memory.
 */
export function mayHoldAliases(text: string): boolean {
  return (ANCHOR.test(text) && ALIAS.test(text)) || PROPERTY_LINE.test(text);
}

/**
 * Splits the text of a document at the lines where an entry of its root or of its `workflows` begins. A block
 * scalar's lines are indented deeper than that, so nothing is split that YAML would not end there itself.
 *
 * @param chunks that end where lines end, of a text that {@link isBlockMapping}
 * @param maxLength of one segment
 * @throws {UnreadableDocument} PIECE_TOO_LARGE, MULTIPLE_DOCUMENTS
 */
export async function* splitDocument(
  chunks: AsyncIterable<string>,
  maxLength: number,
): AsyncGenerator<Segment> {
  const splitter = new Splitter(maxLength);
  for await (const chunk of chunks) yield* splitter.feed(chunk);
  yield* splitter.close();
}

class Splitter {
  readonly #maxLength: number;
  /** The lines at which the open segment may end. */
  #boundary = ROOT_ENTRY;
  /** What is open: nothing before the first entry and after the end marker. */
  #kind: Segment['kind'] | 'end' | undefined;
  #texts: string[] = [];
  #length = 0;
  #firstLine = 1;
  #line = 1;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  *feed(chunk: string): Generator<Segment> {
    let taken = 0;
    let start = nextLine(chunk, this.#boundary, 0);
    while (start !== -1) {
      this.#append(chunk.slice(taken, start));
      taken = start;
      const begins = this.#recognise(lineAt(chunk, start));
      if (begins !== undefined) {
        yield* this.close();
        this.#kind = begins;
      }
      start = nextLine(chunk, this.#boundary, endOfLine(chunk, start));
    }
    this.#append(chunk.slice(taken));
  }

  /** Hands on the open segment. */
  *close(): Generator<Segment> {
    if (this.#kind !== undefined && this.#kind !== 'end') {
      yield { kind: this.#kind, text: this.#texts.join(''), line: this.#firstLine };
    }
    this.#texts = [];
    this.#length = 0;
    this.#firstLine = this.#line;
  }

  /** What a line at the boundary begins, if anything, and where that will end. */
  #recognise(line: string): Segment['kind'] | 'end' | undefined {
    if (this.#kind === 'end' || MARKER_LINE.test(line)) return this.#recogniseMarker(line);
    const indent = line.search(/[^ ]/);
    const isItem = /^ *-(?:\s|$)/.test(line);
    if (indent > 0 || isItem) {
      return this.#boundary === FIRST_ENTRY
        ? this.#enterWorkflows(line.slice(indent), indent, isItem)
        : 'workflow';
    }
    const workflows = WORKFLOWS_LINE.exec(line);
    const isBareKey = workflows !== null && /^(?:#|$)/.test(workflows.groups?.value ?? '');
    this.#boundary = isBareKey ? FIRST_ENTRY : ROOT_ENTRY;
    return workflows === null ? 'entry' : 'workflows';
  }

  /** One start before everything, and one end with only comments after it. */
  #recogniseMarker(line: string): 'end' | undefined {
    if (this.#kind === undefined && START_LINE.test(line)) return undefined;
    if (this.#kind === 'end' || !END_LINE.test(line)) {
      const place = { line: this.#line, column: 1, path: '' };
      throw new UnreadableDocument('MULTIPLE_DOCUMENTS', place, 'the text holds more than one YAML document');
    }
    this.#boundary = ANY_CONTENT;
    return 'end';
  }

  /** The first line below `workflows:` shows how deep they stand; in any other style they stay one segment. */
  #enterWorkflows(content: string, indent: number, isItem: boolean): Segment['kind'] | undefined {
    const deep = ' '.repeat(indent);
    if (isItem) this.#boundary = lineThatStartsWith(`${deep}${ITEM}|${ENTRY}`);
    else if (ENTRY_LINE.test(content)) this.#boundary = lineThatStartsWith(`(?:${deep})?${ENTRY}`);
    else this.#boundary = ROOT_ENTRY;
    return this.#boundary === ROOT_ENTRY ? undefined : 'workflow';
  }

  #append(text: string): void {
    this.#texts.push(text);
    this.#length += text.length;
    this.#line += countLines(text);
    if (this.#length <= this.#maxLength) return;
    const place = { line: this.#firstLine, column: 1, path: '' };
    const message = `what begins here is longer than ${this.#maxLength} characters, the most for one workflow or section`;
    throw new UnreadableDocument('PIECE_TOO_LARGE', place, message);
  }
}

function lineThatStartsWith(pattern: string): RegExp {
  return new RegExp(`(?:^|\\n)(?=${pattern})`, 'g');
}

/** Where the next such line starts, -1 for none; `from` is 0 or the end of a line. */
function nextLine(text: string, lineStart: RegExp, from: number): number {
  lineStart.lastIndex = from;
  const match = lineStart.exec(text);
  return match === null ? -1 : match.index + match[0].length;
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end === -1 ? text.length : end;
}

function lineAt(text: string, start: number): string {
  if (start === -1) return '';
  const end = Math.min(endOfLine(text, start), start + KEY_LINE_LENGTH);
  return text.slice(start, end).replace(/\r$/, '');
}
