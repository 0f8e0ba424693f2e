import { randomUUID } from 'node:crypto';
import type { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runChange } from '../../src/database/change.ts';
import { openOrm } from '../../src/database/orm.ts';
import { Queries } from '../../src/database/queries.ts';
import { EVENTS_CHANNEL } from '../../src/database/wake-readers.ts';
import { EventHub, type Round } from '../../src/events/event-hub.ts';
import { hearEvents } from '../../src/events/hear-events.ts';
import { createTestDatabase, execute } from '../support/database.ts';

const author = { actorId: null, service: 'tests', method: 'Tests.Change', requestId: 'a-request' };
const open = new AsyncDisposableStack();
let orm: MikroORM;
let url: string;

beforeAll(async () => {
  ({ url } = open.use(await createTestDatabase()));
  orm = await openOrm({ url, poolMax: 2, applicationName: 'tests', statementTimeoutMs: 10_000 });
  open.defer(() => orm.close(true));
});
afterAll(() => open.disposeAsync());

/** Commits, or only checks, a change with so many events. */
const happen = (events: number, validateOnly = false) =>
  runChange(
    orm,
    author,
    new AbortController().signal,
    async (unit) => {
      const projectId = randomUUID();
      for (let count = 0; count < events; count += 1) {
        unit.record({ kind: 'project_updated', projectId, itemType: 'project', itemId: projectId });
      }
    },
    { validateOnly },
  );

const listeners = async () =>
  (
    await execute(
      url,
      `select pid from pg_stat_activity
       where datname = current_database() and application_name = 'lightning-projects events'`,
    )
  ).map(({ pid }) => pid);

describe('A commit', () => {
  it('sends one notification, however many events it has; what is not committed sends none', async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    open.defer(() => client.end());
    const heard: string[] = [];
    client.on('notification', ({ channel, payload }) => heard.push(`${channel} ${payload}`));
    await client.query(`listen ${EVENTS_CHANNEL}`);

    await happen(3, true);
    await happen(0);
    await happen(3);
    await expect.poll(() => heard).toEqual([`${EVENTS_CHANNEL} `]);

    // Whatever was sent before comes before this one.
    await client.query(`notify ${EVENTS_CHANNEL}, 'the last'`);
    await expect.poll(() => heard.at(-1)).toBe(`${EVENTS_CHANNEL} the last`);
    expect(heard).toHaveLength(2);
  });
});

describe('Whoever hears of commits', () => {
  it('listens again when the connection is lost, and looks for what was missed', async () => {
    const leave = new AbortController();
    const ear = { heard: vi.fn(), listening: vi.fn() };
    const hearing = hearEvents(url, leave.signal, ear);
    await expect.poll(() => ear.listening.mock.calls).toEqual([[true]]);
    await happen(1);
    await expect.poll(() => ear.heard.mock.calls.length).toBe(2);

    await execute(url, `select pg_terminate_backend(${(await listeners())[0]})`);
    await expect.poll(() => ear.listening.mock.calls).toEqual([[true], [false], [true]]);
    await expect.poll(() => ear.heard.mock.calls.length).toBe(3);

    leave.abort();
    await hearing;
    await expect.poll(listeners).toEqual([]);
  });
});

describe('Watchers', () => {
  it('are woken by a commit, before it is time to look again', async () => {
    const rounds: Round[] = [];
    const watcher = { userId: null, hear: (round: Round) => void rounds.push(round), end: () => {} };
    const read = new Queries(orm.em.getKysely(), new AbortController().signal);
    const hub = new EventHub(read, url, pino({ level: 'silent' }));
    // Of what it waits for by the clock nothing comes.
    const wait = globalThis.setTimeout;
    const waits = vi.spyOn(globalThis, 'setTimeout');
    waits.mockImplementation(((then: () => void, ms: number) =>
      wait(then, ms === 1000 ? 1_000_000 : ms)) as typeof setTimeout);
    try {
      await hub.join(watcher);
      await expect.poll(() => waits.mock.calls.some(([, ms]) => ms === 1000)).toBe(true);
      await happen(1);
      await expect.poll(() => rounds).toHaveLength(1);
    } finally {
      waits.mockRestore();
    }
    await hub.close();
    expect(await listeners()).toEqual([]);
  });

  it('learn of commits all the same where nothing can be listened to', async () => {
    const rounds: Round[] = [];
    const watcher = { userId: null, hear: (round: Round) => void rounds.push(round), end: () => {} };
    const read = new Queries(orm.em.getKysely(), new AbortController().signal);
    const hub = new EventHub(read, 'postgres://nobody@127.0.0.1:1/nowhere', pino({ level: 'silent' }));
    await hub.join(watcher);
    await happen(1);
    await expect.poll(() => rounds).toHaveLength(1);
    await hub.close();
  });
});
