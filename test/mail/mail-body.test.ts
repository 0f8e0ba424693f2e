import { describe, expect, it } from 'vitest';
import { htmlOf, type MailBody, oneLine, textOf } from '../../src/mail/mail-body.ts';

const body: MailBody = [
  { paragraph: 'Hello Ada,' },
  {
    facts: [
      ['History', '30 days'],
      ['Dataclips', '7 days'],
    ],
  },
  { link: { text: 'Open', url: 'https://app.example.org/?a=1&b=2' } },
];

describe('A mail', () => {
  it('says the same in both of its forms', () => {
    expect(textOf(body)).toBe(
      'Hello Ada,\n\nHistory: 30 days\nDataclips: 7 days\n\nOpen:\nhttps://app.example.org/?a=1&b=2\n',
    );
    expect(htmlOf(body)).toContain('<p>Hello Ada,</p>');
    expect(htmlOf(body)).toContain('<tr><th align="left">History</th><td>30 days</td></tr>');
    expect(htmlOf(body)).toContain('<p><a href="https://app.example.org/?a=1&amp;b=2">Open</a></p>');
  });

  const hostile = `<script>alert("x")</script> & 'y'`;

  it.each<[string, MailBody]>([
    ['a paragraph', [{ paragraph: hostile }]],
    ['the name of a fact', [{ facts: [[hostile, '']] }]],
    ['the value of a fact', [{ facts: [['', hostile]] }]],
    ['the text of a link', [{ link: { text: hostile, url: '' } }]],
    ['the address of a link', [{ link: { text: '', url: hostile } }]],
  ])('holds no markup that came in %s', (_, blocks) => {
    const html = htmlOf(blocks);
    expect(html).not.toContain('<script>');
    expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;');
  });

  it('has no line that a value began', () => {
    const text = textOf([
      { paragraph: 'Hello Eve\r\n\r\nYour password expired: http://evil.example\u2028now' },
    ]);
    expect(text).toBe('Hello Eve Your password expired: http://evil.example now\n');
  });
});

describe('A text made one line', () => {
  it('keeps what people write their names with', () => {
    expect(oneLine(' Zoë \u200d نیم\u200cفاصله 👩‍💻 ')).toBe('Zoë \u200d نیم\u200cفاصله 👩‍💻');
  });

  it.each(['\r\n', '\n', '\0', '\u0085', '\u2028', '\u2029', '\u202e', '\u2066', '\x1b'])(
    'has a blank for %j',
    (character) => {
      expect(oneLine(`a${character}b`)).toBe('a b');
    },
  );
});
