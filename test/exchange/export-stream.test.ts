import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aLargeProject } from '../support/projects.ts';
import { rows } from '../support/rows.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { settled } from '../support/settled.ts';
import { importDocument, projectDocument } from './support/documents.ts';
import { rawExports } from './support/raw-export.ts';

let service: TestService;
let impatient: TestService;
/** Projects that nobody changes. */
let projectId: string;
let ofImpatient: string;
beforeAll(async () => {
  [service, impatient] = await Promise.all([
    startTestService(),
    startTestService({ SLOW_CONSUMER_MS: '300' }),
  ]);
  const projects = await Promise.all([service, impatient].map((of) => aLargeProject(of, WORKFLOWS)));
  [projectId = '', ofImpatient = ''] = projects.map(({ id }) => id);
});
afterAll(() => Promise.all([service.close(), impatient.close()]));

/** Each of a megabyte. */
const WORKFLOWS = 24;
/** Several times what is on its way to a client that reads nothing: 5 MiB, most of it in a kernel's buffers for TCP. */
const BYTES = WORKFLOWS * 1e6;

interface Session {
  readonly state: string;
  readonly since: string;
}

/** The sessions of a service that are in a transaction, and since when each has been doing what it does. */
async function transactions(of: TestService): Promise<Session[]> {
  return await rows<Session>(
    of,
    `select state, state_change::text as since from pg_stat_activity
     where datname = current_database() and application_name = 'lightning-projects' and xact_start is not null`,
  );
}

/** Waits until the one export waits: for so long its transaction has been idle. */
async function stalled(of: TestService): Promise<void> {
  await settled(async () => {
    const [session] = await transactions(of);
    return session?.state === 'idle in transaction' ? session.since : undefined;
  });
}

async function noTransaction(of: TestService): Promise<void> {
  await expect.poll(() => transactions(of)).toEqual([]);
}

describe.each(Object.entries(rawExports))('an export by %s', (_, open) => {
  it('waits in the database for a client that does not read, and shows the project as it was', async () => {
    const { id: changing } = await aLargeProject(service, WORKFLOWS);
    const call = await open(service, changing);
    await stalled(service);

    // The last one that is read.
    const yaml = projectDocument('  w9: {name: w9, jobs: {job: {name: job, adaptor: y, body: changed}}}\n');
    const { deleted } = await importDocument(service, yaml, { projectId: changing, prune: true });
    expect(deleted?.workflows).toBe(WORKFLOWS - 1);

    const { document, end } = await call.read();
    expect(end).toMatch(/^(0 OK|\{\})$/);
    expect(document.match(/^ {2}w\d+:$/gm)?.length).toBe(WORKFLOWS);
    expect(document.match(/^ {10}\.{999}$/gm)?.length).toBe(WORKFLOWS * 1000);
    await noTransaction(service);
  });

  it('ends its transaction when the connection of its client breaks', async () => {
    const call = await open(service, projectId);
    await stalled(service);
    call.leave();
    await noTransaction(service);
  });

  it('ends its transaction when its client is too slow, and tells it when it reads again', async () => {
    const call = await open(impatient, ofImpatient);
    await noTransaction(impatient);
    const { document, end } = await call.read();
    expect(document.length).toBeLessThan(BYTES);
    expect(end).toMatch(/^8 |"resource_exhausted"/);
    expect(end).toContain('300 ms');
  });
});

describe('an export', () => {
  it.each(['client', 'httpClient'] as const)('that is cancelled ends its transaction (%s)', async (kind) => {
    const controller = new AbortController();
    const stream = service[kind](ProjectsService, service.admin).exportProject(
      { projectId },
      { signal: controller.signal },
    );
    const messages = stream[Symbol.asyncIterator]();
    await messages.next();
    expect(await transactions(service)).toHaveLength(1);
    controller.abort();
    await expect(messages.next()).rejects.toThrow();
    await noTransaction(service);
  });
});
