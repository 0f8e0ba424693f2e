import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { create, created, refused } from './support/create.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

describe('Names', () => {
  it('of roots may repeat', async () => {
    const [one, other] = [await created(service, { name: 'twin' }), await created(service, { name: 'twin' })];
    expect(one.id).not.toBe(other.id);
  });

  it('of siblings may not, others may', async () => {
    const [parent, uncle] = [await created(service, { name: 'family' }), await created(service, {})];
    await created(service, { name: 'child', parentId: parent.id });
    await expect(
      refused(service, { name: 'child', parentId: parent.id.toUpperCase() }),
    ).resolves.toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'PROJECT_NAME_TAKEN',
      fields: { 'project.name': 'another sandbox of the same parent has this name' },
    });
    await created(service, { name: 'child', parentId: uncle.id });
    await created(service, { name: 'family', parentId: parent.id });
    await created(service, { name: 'child' });
  });

  it('of siblings go to one of 50 who ask for the same at once', async () => {
    const { id: parentId } = await created(service, {});
    const attempts = Array.from({ length: 50 }, () =>
      create(service, { project: { name: 'contested', parentId } }),
    );
    const outcomes = await Promise.allSettled(attempts);

    const losers = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(losers).toHaveLength(49);
    for (const { reason } of losers) {
      await expect(refusal(Promise.reject(reason))).resolves.toMatchObject({
        code: 'ALREADY_EXISTS',
        reason: 'PROJECT_NAME_TAKEN',
        fields: { 'project.name': 'another sandbox of the same parent has this name' },
      });
    }
    await expect(
      rows(service, 'select name from projects where parent_id = $1', [parentId]),
    ).resolves.toEqual([{ name: 'contested' }]);
    // The losers left no event behind either.
    await expect(
      rows(
        service,
        `select kind from events join projects on projects.id = events.project_id where parent_id = $1`,
        [parentId],
      ),
    ).resolves.toEqual([{ kind: 'project_created' }]);
  });
});
