/** A mail as a mail server got it, taken apart by the rules of RFC 5322 and RFC 2045 to 2047. */
export interface ReceivedMail {
  /** Whom the server was told to give it to. */
  readonly recipients: readonly string[];
  /** By lower-case name, in the order in which they stand: unfolded and decoded. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly text: string;
  readonly html: string;
  readonly raw: string;
}

export function readMail(raw: string, recipients: readonly string[]): ReceivedMail {
  const { headers, body } = split(raw);
  const [, boundary] = /boundary="([^"]+)"/.exec(first(headers, 'content-type')) ?? [];
  if (boundary === undefined) throw new Error('the mail has only one part');
  const parts = body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => split(part.replace(/^\r\n/, '')));
  const part = (type: string) => {
    const found = parts.find((one) => first(one.headers, 'content-type').startsWith(type));
    if (found === undefined) throw new Error(`the mail has no ${type}`);
    return decoded(found.body, first(found.headers, 'content-transfer-encoding'));
  };
  return { recipients, headers, text: part('text/plain'), html: part('text/html'), raw };
}

/** The first header of a name; empty when there is none. */
export function header(mail: ReceivedMail, name: string): string {
  return first(mail.headers, name);
}

function first(headers: ReceivedMail['headers'], name: string): string {
  return headers.get(name)?.[0] ?? '';
}

function split(text: string): { headers: Map<string, string[]>; body: string } {
  const end = text.indexOf('\r\n\r\n');
  const headers = new Map<string, string[]>();
  for (const line of text
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')) {
    const [, name = '', value = ''] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
    const key = name.toLowerCase();
    headers.set(key, [...(headers.get(key) ?? []), decodedWords(value)]);
  }
  return { headers, body: text.slice(end + 4) };
}

function decoded(body: string, encoding: string): string {
  const bytes =
    encoding === 'base64'
      ? Buffer.from(body, 'base64')
      : encoding === 'quoted-printable'
        ? unquoted(body.replace(/=\r\n/g, ''))
        : Buffer.from(body, 'latin1');
  return bytes.toString('utf8').replace(/\r\n/g, '\n').trimEnd();
}

function unquoted(text: string): Buffer {
  const characters = text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(characters, 'latin1');
}

function decodedWords(value: string): string {
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([BQ])\?([^?]*)\?=/gi, (_, encoding: string, text: string) =>
      encoding.toUpperCase() === 'B'
        ? Buffer.from(text, 'base64').toString('utf8')
        : unquoted(text.replaceAll('_', ' ')).toString('utf8'),
    );
}
