import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aProject } from '../support/projects.ts';
import { ending } from '../support/refusal.ts';
import { lockProject, waitingStatements } from '../support/rival.ts';
import { rows } from '../support/rows.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { aChain, addTriggers, datesFrom, enabledTriggers } from './support/tree.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ ROLES: 'rpc' });
});
afterAll(() => service.close());

const projects = () => service.client(ProjectsService, service.admin);

describe('Beside each other', () => {
  it('100 pairs of scheduling and cancelling on one chain end with all of it dated, or none', async () => {
    const chain = await aChain(service, 4);
    for (const id of chain) await addTriggers(service, id);
    const [top = ''] = chain;
    const calls = Array.from({ length: 100 }, (_, index) => {
      const id = chain[index % 2 === 0 ? 0 : (index % 3) + 1] ?? top;
      return [
        ending(projects().scheduleProjectDeletion({ id })),
        ending(projects().cancelProjectDeletion({ id, restoreTriggers: true })),
      ];
    });
    const endings = new Set(await Promise.all(calls.flat()));
    expect([...endings].filter((one) => !['done', 'PARENT_PENDING_DELETION'].includes(one))).toEqual([]);

    // No project runs under one that waits, and a trigger is enabled exactly where no project waits.
    const dates = await datesFrom(service, chain);
    const first = dates.findIndex((date) => date !== null);
    expect(dates.every((date, index) => (date !== null) === (first >= 0 && index >= first))).toBe(true);
    for (const [index, id] of chain.entries())
      expect(await enabledTriggers(service, id)).toEqual([dates[index] === null, false]);
  });

  it('a sandbox made below while its root is being scheduled has the date, or was refused', async () => {
    const [root = '', middle = ''] = await aChain(service, 2);
    const made = Array.from({ length: 10 }, (_, index) =>
      ending(projects().createSandbox({ parentId: middle, project: { name: `s-${index}` } })),
    );
    const [endings] = await Promise.all([
      Promise.all(made),
      projects().scheduleProjectDeletion({ id: root }),
    ]);
    expect(endings.filter((one) => !['done', 'PROJECT_PENDING_DELETION'].includes(one))).toEqual([]);
    const undated = await rows(
      service,
      'select id from projects where parent_id = $1 and scheduled_deletion is null',
      [middle],
    );
    expect(undated).toEqual([]);
  });

  it('a sandbox that a provisioning is about to make gets the date of its parent', async () => {
    const owner = await aUser(service);
    const { id: parentId } = await aProject(service, { owner });
    const { id: sibling } = await aProject(service, {}, { parentId });
    // Scheduling holds the parent and waits for the sibling; provisioning waits for the parent.
    await using rival = await lockProject(service, sibling);
    const scheduled = ending(projects().scheduleProjectDeletion({ id: parentId }));
    await expect.poll(() => waitingStatements(service)).toBe(1);
    const provisioned = ending(
      projects().provisionSandbox({ parentId, name: 'late', actorUserId: owner.id }),
    );
    await expect.poll(() => waitingStatements(service)).toBe(2);
    await rival.leave();
    expect(await Promise.all([scheduled, provisioned])).toEqual(['done', 'PROJECT_PENDING_DELETION']);
  });
});
