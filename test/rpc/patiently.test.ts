import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { patiently } from '../../src/rpc/patiently.ts';

/** A stream of three messages, and what became of it. */
function aStream() {
  const closed = Promise.withResolvers<void>();
  async function* messages() {
    try {
      yield 1;
      yield 2;
      yield 3;
    } finally {
      closed.resolve();
    }
  }
  return { messages: messages(), closed: closed.promise };
}

describe('a stream', () => {
  it('passes on all messages that are taken in time', async () => {
    expect(await Array.fromAsync(patiently(aStream().messages, 60_000))).toEqual([1, 2, 3]);
  });

  it('is closed as soon as a message was not taken, and says so when the next one is asked for', async () => {
    const { messages, closed } = aStream();
    const patient = patiently(messages, 10);
    expect(await patient.next()).toEqual({ done: false, value: 1 });
    await closed;
    await expect(patient.next()).rejects.toMatchObject({
      kind: 'resource_exhausted',
      reason: 'SLOW_CONSUMER',
    });
    expect(await patient.next()).toEqual({ done: true, value: undefined });
  });

  it('may take as long as it likes for a message itself', async () => {
    async function* slow() {
      await setTimeout(50);
      yield 1;
    }
    expect(await Array.fromAsync(patiently(slow(), 10))).toEqual([1]);
  });

  it('is closed when its client leaves, whatever closing it fails with', async () => {
    const { messages, closed } = aStream();
    for await (const _ of patiently(messages, 60_000)) break;
    await closed;

    const failed = Promise.withResolvers<void>();
    async function* failing() {
      try {
        yield 1;
      } finally {
        failed.resolve();
        // biome-ignore lint/correctness/noUnsafeFinally: what a database that went away does to a snapshot
        throw new Error('the connection is gone');
      }
    }
    const patient = patiently(failing(), 10);
    await patient.next();
    await failed.promise;
    await expect(patient.next()).rejects.toMatchObject({ reason: 'SLOW_CONSUMER' });
  });

  it('fails with what its source fails with', async () => {
    async function* failing() {
      yield 1;
      throw new Error('no more');
    }
    await expect(Array.fromAsync(patiently(failing(), 60_000))).rejects.toThrow('no more');
  });
});
