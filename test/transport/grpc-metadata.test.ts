import { encodeBinaryHeader } from '@connectrpc/connect';
import { Metadata } from '@grpc/grpc-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetadataHeaders } from '../../src/transport/grpc-metadata.ts';

const name = fc.stringMatching(/^x-[a-z0-9]{1,8}$/);
// HTTP takes the blanks around a value for its own.
const text = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
const binary = fc.uint8Array({ minLength: 1, maxLength: 40 });

describe('metadata', () => {
  it('survives the way to headers and back', () => {
    fc.assert(
      fc.property(fc.dictionary(name, text), fc.dictionary(name, binary), (texts, binaries) => {
        const metadata = new Metadata();
        for (const [key, value] of Object.entries(texts)) metadata.set(key, value);
        for (const [key, value] of Object.entries(binaries)) metadata.set(`${key}-bin`, Buffer.from(value));

        expect(written(new MetadataHeaders(metadata)).getMap()).toEqual(metadata.getMap());
      }),
    );
  });

  it('keeps the several values of a name', () => {
    const metadata = new Metadata();
    for (const value of ['a', 'b']) metadata.add('x-several', value);
    for (const value of ['a', 'b']) metadata.add('x-several-bin', Buffer.from(value));

    const headers = new MetadataHeaders(metadata);

    expect(headers.get('x-several')).toBe('a, b');
    expect(written(headers).get('x-several-bin')).toEqual([Buffer.from('a'), Buffer.from('b')]);
  });

  it("takes Connect's base64, which has no padding", () => {
    const headers = new Headers({ 'x-one-bin': encodeBinaryHeader(Uint8Array.of(1)) });

    expect(written(headers).get('x-one-bin')).toEqual([Buffer.of(1)]);
  });

  it.each([
    ['grpc-status', '0'],
    ['content-type', 'text/html'],
    ['connection', 'close'],
    ['x-latin', 'é'],
    ["x-qu'te", 'yes'],
  ])('leaves out what gRPC cannot carry: %s: %s', (key, value) => {
    expect(written(new Headers([[key, value]])).getMap()).toEqual({});
  });
});

/** What somebody writes who copies headers. */
function written(headers: Headers): Metadata {
  const copy = new MetadataHeaders();
  for (const [name, value] of headers) copy.append(name, value);
  return copy.metadata;
}
