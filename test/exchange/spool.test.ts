import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bytesOf } from '../../src/exchange/document-source.ts';
import { openSpool, type Spool } from '../../src/exchange/spool.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lightning-projects-test-'));
  vi.stubEnv('TMPDIR', folder);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function textOf(spool: Spool): Promise<string> {
  return Buffer.concat(await Array.fromAsync(bytesOf(spool.source()))).toString();
}

describe('a spool', () => {
  it('is read from its start as often as one likes, also after it was left half-way', async () => {
    await using spool = await openSpool();
    for (const chunk of ['one', 'two']) await spool.write(Buffer.from(chunk));
    expect(await textOf(spool)).toBe('onetwo');
    for await (const _ of bytesOf(spool.source())) break;
    expect(await textOf(spool)).toBe('onetwo');
    expect(spool.digest()).toBe(createHash('sha256').update('onetwo').digest('hex'));
  });

  it('holds more than one read', async () => {
    await using spool = await openSpool();
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    for (let count = 0; count < 3; count += 1) await spool.write(chunk);
    expect(await textOf(spool)).toBe('x'.repeat(3 * chunk.length));
  });

  it('has no name in the folder of temporary files, and is gone with its use', async () => {
    const spool = await openSpool();
    await spool.write(Buffer.from('text'));
    expect(await readdir(folder)).toEqual([]);
    await spool[Symbol.asyncDispose]();
    await expect(textOf(spool)).rejects.toThrow();
  });
});
