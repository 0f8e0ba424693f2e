import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { rawExports } from '../exchange/support/raw-export.ts';
import { startTestService } from '../support/service.ts';
import { importLargeProject } from '../support/stalled-export.ts';
import { fetchProvision, postProvision, stateIn, stateOf } from './support/provisioning.ts';

it('answers a post with the state, whatever other exports hold: what was committed has not failed', async () => {
  await using service = await startTestService({ DATABASE_POOL_SIZE: '4' });
  const largeId = await importLargeProject(service.grpcUrl, service.admin);
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
  const id = await importLargeProject(service.grpcUrl, service.admin);
  const answer = await postProvision(service, { id, description: 'large' });
  expect(answer.text.length).toBeGreaterThan(3 << 20);
  const { text } = await fetchProvision(service, `/${id}`);
  expect(answer.text === text).toBe(true);
});
