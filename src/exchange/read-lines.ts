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
      const place = { line: line + linesBeforeFault(bytes), column: 1, path: '' };
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

/** How many lines of a piece end before what is no UTF-8 in it: none, where that began in the piece before. */
function linesBeforeFault(bytes: Uint8Array = new Uint8Array()): number {
  const start = bytes.findIndex((byte) => (byte & 0xc0) !== 0x80);
  const whole = Buffer.from(bytes.subarray(Math.max(start, 0)));
  // What cannot be decoded does not come back as it was.
  const repaired = Buffer.from(whole.toString());
  const fault = whole.findIndex((byte, index) => byte !== repaired[index]);
  return countLines(whole.toString('latin1', 0, Math.max(fault, 0)));
}

/** How many lines end in a text. */
export function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
