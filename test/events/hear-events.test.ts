import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EVENTS_CHANNEL } from '../../src/database/wake-readers.ts';
import { EventHub, type Round } from '../../src/events/event-hub.ts';
import { hearEvents } from '../../src/events/hear-events.ts';
import { type Changes, openChanges } from '../database/support/changes.ts';
import { execute } from '../support/database.ts';

let changes: Changes;
beforeAll(async () => {
  changes = await openChanges();
});
afterAll(() => changes[Symbol.asyncDispose]());

/** Commits, or only checks, a change with so many events. */
const happen = (events: number, validateOnly = false) =>
  changes.run(
    async (unit) => {
      const projectId = randomUUID();
      for (let count = 0; count < events; count += 1) {
        unit.record({ kind: 'project_updated', projectId, itemType: 'project', itemId: projectId });
      }
      return projectId;
    },
    { validateOnly },
  );

const listeners = async () =>
  (
    await execute(
      changes.url,
      `select pid from pg_stat_activity
       where datname = current_database() and application_name = 'lightning-projects events'`,
    )
  ).map(({ pid }) => pid);

describe('A commit', () => {
  it('sends one notification, however many events it has; what is not committed sends none', async () => {
    const client = new pg.Client({ connectionString: changes.url });
    await client.connect();
    await using open = new AsyncDisposableStack();
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
    const hearing = hearEvents(changes.url, leave.signal, ear);
    await expect.poll(() => ear.listening.mock.calls).toEqual([[true]]);
    await happen(1);
    await expect.poll(() => ear.heard.mock.calls.length).toBe(2);

    await execute(changes.url, `select pg_terminate_backend(${(await listeners())[0]})`);
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
    const hub = new EventHub(changes.orm.em.getKysely(), changes.url, pino({ level: 'silent' }));
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

  it('hear nothing of what was committed before they joined, whatever is being looked for just then', async () => {
    const hub = new EventHub(changes.orm.em.getKysely(), changes.url, pino({ level: 'silent' }));
    const watcher = () => {
      const heard: string[] = [];
      const hear = ({ events }: Round) => void heard.push(...events.map(({ event }) => event.project_id));
      return { heard, userId: null, hear, end: () => {} };
    };
    const [first, second] = [watcher(), watcher()];
    await hub.join(first);
    const client = new pg.Client({ connectionString: changes.url });
    await client.connect();
    await using open = new AsyncDisposableStack();
    open.defer(() => client.end());
    // The event is found, and who may hear of it cannot be read.
    await client.query('begin; lock table users in access exclusive mode');
    await happen(1);
    await expect.poll(() => changes.running()).toEqual([expect.stringContaining('from users')]);
    const before = await happen(1);
    const joining = hub.join(second);
    await client.query('rollback');
    await joining;
    const after = await happen(1);

    await expect.poll(() => second.heard).toContain(after);
    expect(second.heard).toEqual([after]);
    expect(first.heard).toContain(before);
    await hub.close();
  });

  it('learn of commits all the same where nothing can be listened to', async () => {
    const rounds: Round[] = [];
    const watcher = { userId: null, hear: (round: Round) => void rounds.push(round), end: () => {} };
    const hub = new EventHub(
      changes.orm.em.getKysely(),
      'postgres://nobody@127.0.0.1:1/nowhere',
      pino({ level: 'silent' }),
    );
    await hub.join(watcher);
    await happen(1);
    await expect.poll(() => rounds).toHaveLength(1);
    await hub.close();
  });
});
