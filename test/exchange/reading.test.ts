import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../src/exchange/document-source.ts';
import { readDocument } from '../../src/exchange/read-document.ts';
import { openReading } from '../../src/exchange/reading.ts';
import { openSpool } from '../../src/exchange/spool.ts';
import { chain, projectDocument } from './support/documents.ts';

const { signal } = new AbortController();
const principal = { kind: 'service', subject: 'a service', scope: 'admin' } as const;
const call = { principal, signal };

function aPerson() {
  const userId = randomUUID();
  return { principal: { kind: 'user', subject: userId, userId }, signal } as const;
}

/** Longer than what is read without a thread, and of more parts than are sent at once. */
const text = projectDocument(...Array.from({ length: 1000 }, (_, index) => chain(`w${index}`, ['a', 'b'])));
const source = { text };

/** Takes all places. */
async function occupied(): Promise<Disposable> {
  using undo = new DisposableStack();
  for (let place = 0; place < 2; place += 1) undo.use(await openReading(source, {}, call));
  return undo.move();
}

describe('a large document', () => {
  it('is read in a thread as it is read without, from memory or a file, as often as one likes', async () => {
    const expected = await Array.fromAsync(readDocument(bytesOf(source)));
    expect(expected.length).toBeGreaterThan(1000);
    await using spool = await openSpool();
    await spool.write(Buffer.from(text));
    for (const kind of [source, spool.source()]) {
      using reading = await openReading(kind, {}, call);
      for await (const _ of reading.parts()) break;
      expect(await Array.fromAsync(reading.parts())).toEqual(expected);
    }
  });

  it('is never taken for whole when it could not be read to its end', async () => {
    const spool = await openSpool();
    await spool.write(Buffer.from(text));
    const gone = spool.source();
    await spool[Symbol.asyncDispose]();
    using reading = await openReading(gone, {}, call);
    await expect(Array.fromAsync(reading.parts())).rejects.toThrow();
  });

  it('is left when its caller goes, also before anything was read', async () => {
    const caller = new AbortController();
    using reading = await openReading(source, {}, { principal, signal: caller.signal });
    const parts = Array.fromAsync(reading.parts());
    caller.abort(new Error('the client left'));
    await expect(parts).rejects.toThrow('the client left');
  });
});

describe('places for large documents', () => {
  it('are waited for, unless the caller goes', async () => {
    const occupants = await occupied();
    const caller = new AbortController();
    const leaving = openReading(source, {}, { principal, signal: caller.signal });
    const waiting = openReading(source, {}, call);
    caller.abort(new Error('the client left'));
    await expect(leaving).rejects.toThrow('the client left');
    occupants[Symbol.dispose]();
    using reading = await waiting;
    expect((await reading.parts().next()).done).toBe(false);
  });

  it('are never all taken by one person', async () => {
    const [greedy, other] = [aPerson(), aPerson()];
    const first = await openReading(source, {}, greedy);
    const second = openReading(source, {}, greedy);
    using _ = await openReading(source, {}, other);
    first[Symbol.dispose]();
    using reading = await second;
    expect((await reading.parts().next()).done).toBe(false);
  });

  it('are not needed by small ones', async () => {
    using _ = await occupied();
    using reading = await openReading({ text: projectDocument(chain('w', ['a'])) }, {}, call);
    expect(await Array.fromAsync(reading.parts())).not.toEqual([]);
  });
});
