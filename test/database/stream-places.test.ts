import { expect, it } from 'vitest';
import { FairPlaces } from '../../src/database/fair-places.ts';
import { openOrm } from '../../src/database/orm.ts';
import { openSnapshot } from '../../src/database/snapshot.ts';
import { StreamPlaces } from '../../src/database/stream-places.ts';
import { createTestDatabase } from '../support/database.ts';

const { signal } = new AbortController();
const service = { kind: 'service', subject: 'a service', scope: 'read' } as const;

it('refuses who finds no place in time, and gives every place that is left to the next', async () => {
  await using database = await createTestDatabase();
  const orm = await openOrm({
    url: database.url,
    poolMax: 2,
    applicationName: 'places',
    statementTimeoutMs: 0,
  });
  await using undo = new AsyncDisposableStack();
  undo.defer(() => orm.close(true));
  const impatient = new StreamPlaces(new FairPlaces(1), 50);
  const held = await impatient.open(service, signal, () => openSnapshot(orm, signal));
  await expect(impatient.open(service, signal, () => openSnapshot(orm, signal))).rejects.toMatchObject({
    kind: 'resource_exhausted',
    reason: 'TOO_MANY_EXPORTS',
  });
  await held[Symbol.asyncDispose]();

  const places = new StreamPlaces(new FairPlaces(1));
  const open = () => places.open(service, signal, () => openSnapshot(orm, signal));
  const first = await open();
  const gone = new AbortController();
  const leaving = places.open(service, gone.signal, () => openSnapshot(orm, signal));
  gone.abort(new Error('the client left'));
  await expect(leaving).rejects.toThrow('the client left');

  const next = open();
  await first[Symbol.asyncDispose]();
  await (await next)[Symbol.asyncDispose]();
  // One whose caller leaves while it gets a place passes it on.
  const leaver = new AbortController();
  const last = await places.open(service, signal, async () => {
    const { read, [Symbol.asyncDispose]: end } = await openSnapshot(orm, signal);
    const endAndLeave = async () => {
      await end();
      leaver.abort(new Error('the client left, too'));
    };
    return { read, [Symbol.asyncDispose]: endAndLeave };
  });
  const late = places.open(service, leaver.signal, () => openSnapshot(orm, signal));
  late.catch(() => {});
  await last[Symbol.asyncDispose]();
  await expect(late).rejects.toThrow('the client left, too');
  await (await open())[Symbol.asyncDispose]();
  // One that cannot be opened gives its place back, too.
  await expect(places.open(service, signal, () => Promise.reject(new Error('no database')))).rejects.toThrow(
    'no database',
  );
  await (await open())[Symbol.asyncDispose]();
});
