import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import { request } from 'node:http';
import { expect, it } from 'vitest';
import { rawExports } from '../exchange/support/raw-export.ts';
import { aLargeProject } from '../support/projects.ts';
import { startTestService } from '../support/service.ts';
import { fetchProvision, postProvision, stateIn, stateOf } from './support/provisioning.ts';

it('answers a post with the state, whatever other exports hold: what was committed has not failed', async () => {
  await using service = await startTestService({ DATABASE_POOL_SIZE: '4' });
  const { id: largeId } = await aLargeProject(service, 2);
  const unread = [await rawExports.gRPC(service, largeId), await rawExports.gRPC(service, largeId)];

  const document = { id: randomUUID(), name: 'posted', workflows: [{ id: randomUUID(), name: 'flow' }] };
  const answer = await postProvision(service, document);
  expect(answer.status, answer.text).toBe(201);
  expect(stateIn(answer)).toMatchObject(document);

  for (const one of unread) one.leave();
  expect(await stateOf(service, document.id)).toEqual(stateIn(answer));
});

it('answers a post with a state of many megabytes whole', async () => {
  await using service = await startTestService();
  const { id } = await aLargeProject(service, 4);
  const answer = await postProvision(service, { id, description: 'large' });
  expect(answer.text.length).toBeGreaterThan(3 << 20);
  const { text } = await fetchProvision(service, `/${id}`);
  expect(answer.text === text).toBe(true);
});

// Only there can a process see which of its files have no name any more.
it.runIf(process.platform === 'linux')(
  'keeps no answer on disk for a client that does not take it',
  async () => {
    await using service = await startTestService({ SLOW_CONSUMER_MS: '2000' });
    // More than the buffers of a socket hold at both its ends.
    const { id } = await aLargeProject(service, 12);
    const posted = request(`${service.httpUrl}/api/provision`, {
      method: 'POST',
      headers: { authorization: `Bearer ${service.admin}` },
    });
    posted.end(JSON.stringify({ id, description: 'unread' }));
    const [response] = await once(posted, 'response');
    expect(await openSpools()).toHaveLength(1);
    await expect.poll(openSpools).toEqual([]);
    expect(response.socket.destroyed).toBe(false);
    response.on('error', () => {});
    posted.on('error', () => {});
    posted.destroy();
  },
);

/** The spools that this process has open. */
async function openSpools(): Promise<string[]> {
  const files = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
  return (await Promise.all(files)).filter((path) => path.includes('lightning-projects-import-'));
}
