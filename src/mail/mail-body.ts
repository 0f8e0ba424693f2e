/**
 * What a mail says, from which both of its forms are made. Values may be anything: they are made harmless
 * here.
 */
export type MailBody = readonly MailBlock[];

export type MailBlock =
  | { readonly paragraph: string }
  | { readonly facts: readonly (readonly [name: string, value: string])[] }
  | { readonly link: { readonly text: string; readonly url: string } };

/**
 * The mail as plain text. Each value stays on its line, so that none can pass for a part of the mail of its
 * own.
 */
export function textOf(body: MailBody): string {
  const parts = body.map((block) => {
    if ('paragraph' in block) return oneLine(block.paragraph);
    if ('link' in block) return `${oneLine(block.link.text)}:\n${oneLine(block.link.url)}`;
    return block.facts.map(([name, value]) => `${oneLine(name)}: ${oneLine(value)}`).join('\n');
  });
  return `${parts.join('\n\n')}\n`;
}

/** The mail as HTML. */
export function htmlOf(body: MailBody): string {
  const parts = body.map((block) => {
    if ('paragraph' in block) return `<p>${escaped(block.paragraph)}</p>`;
    if ('link' in block) return `<p><a href="${escaped(block.link.url)}">${escaped(block.link.text)}</a></p>`;
    const rows = block.facts.map(
      ([name, value]) => `<tr><th align="left">${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
    );
    return `<table>${rows.join('')}</table>`;
  });
  return `<!doctype html>\n<html lang="en">\n<body>\n${parts.join('\n')}\n</body>\n</html>\n`;
}

/** Breaks of lines, other control characters, and those that turn the direction of what follows. */
const UNRULY = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;

/** The text with nothing in it that could begin a new line, or a header. */
export function oneLine(text: string): string {
  return text.replace(UNRULY, ' ').trim();
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return oneLine(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
