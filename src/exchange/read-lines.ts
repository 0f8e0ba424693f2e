import { UnreadableDocument } from './read-problems.ts';

/**
 * Decodes UTF-8 and regroups it, so that every text handed on ends where a line ends (the last one where the
 * document ends). A byte order mark at the beginning is dropped.
 *
 * @param maxLength of one line
 * @throws {UnreadableDocument} NOT_UTF8, LINE_TOO_LONG
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  maxLength: number,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  let unfinished = '';

  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch {
      const place = { line, column: 1, path: '' };
      throw new UnreadableDocument(
        'NOT_UTF8',
        place,
        'the document is not valid UTF-8 from about this line on',
      );
    }
  };

  for await (const bytes of source) {
    const text = decode(bytes);
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) {
      const lines = unfinished + text.slice(0, end);
      line += countLines(lines);
      yield lines;
      unfinished = '';
    }
    unfinished += text.slice(end);
    if (unfinished.length > maxLength) {
      const message = `a line is longer than ${maxLength} characters`;
      throw new UnreadableDocument('LINE_TOO_LONG', { line, column: 1, path: '' }, message);
    }
  }
  unfinished += decode();
  if (unfinished !== '') yield unfinished;
}

/** How many lines end in a text. */
export function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
