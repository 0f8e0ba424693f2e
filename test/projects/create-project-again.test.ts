import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  ProjectsService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';
import { count, create, created } from './support/create.ts';

let service: TestService;
let superuser: TestUser;
beforeAll(async () => {
  service = await startTestService();
  superuser = await aUser(service, { superuser: true });
});
afterAll(() => service.close());

describe('CreateProject with validate_only', () => {
  it('answers what would be, and makes nothing', async () => {
    const before = [await count(service, 'projects'), await count(service, 'events')];
    const id = randomUUID();
    const { project, members } = await create(
      service,
      { project: { id, name: 'maybe', color: '#fff' }, validateOnly: true },
      superuser.token,
    );
    expect(project).toMatchObject({ id, name: 'maybe', color: '#fff', env: 'main' });
    expect(members).toMatchObject([{ userId: superuser.id, role: Role.OWNER }]);
    expect([await count(service, 'projects'), await count(service, 'events')]).toEqual(before);
    // Nothing of it is in the way of the real one.
    await expect(created(service, { id })).resolves.toMatchObject({ id });
  });

  it('fails as the real one would', async () => {
    const { id: parentId } = await created(service, {});
    await created(service, { name: 'taken', parentId });
    const taken = create(service, { project: { name: 'taken', parentId }, validateOnly: true });
    await expect(refusal(taken)).resolves.toMatchObject({ reason: 'PROJECT_NAME_TAKEN' });
    const unknown = create(service, {
      project: { name: 'x' },
      actorUserId: randomUUID(),
      validateOnly: true,
    });
    await expect(refusal(unknown)).resolves.toMatchObject({ reason: 'UNKNOWN_USER' });
  });
});

describe('CreateProject with a request_id', () => {
  it('answers a repeat whose id is written in the other case', async () => {
    const requestId = randomUUID();
    const first = await create(service, { project: { name: 'case' }, requestId });
    const again = await create(service, { project: { name: 'case' }, requestId: requestId.toUpperCase() });
    expect(again.project.id).toBe(first.project.id);
  });

  it('answers a repeat as the first time, and makes nothing more', async () => {
    const request = { project: { name: 'once' }, requestId: randomUUID() };
    const first = await create(service, request);
    const before = await count(service, 'projects');
    await service
      .client(ProjectsService, service.admin)
      .updateProject({ project: { id: first.project.id, name: 'renamed' } });
    await expect(create(service, request)).resolves.toEqual(first);
    expect(await count(service, 'projects')).toBe(before);
  });

  it('makes one project when the same request comes many times at once', async () => {
    const request = { project: { name: 'once' }, requestId: randomUUID() };
    const before = await count(service, 'projects');
    const answers = await Promise.all(Array.from({ length: 15 }, () => create(service, request)));
    expect(new Set(answers.map(({ project }) => project.id)).size).toBe(1);
    expect(await count(service, 'projects')).toBe(before + 1);
  });

  it('refuses another request with the same id', async () => {
    const requestId = randomUUID();
    await create(service, { project: { name: 'one' }, requestId });
    const other = create(service, { project: { name: 'other' }, requestId: requestId.toUpperCase() });
    await expect(refusal(other)).resolves.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'REQUEST_ID_REUSED',
      fields: { request_id: expect.stringContaining('was used before') },
    });
  });

  it('keeps the ids of different callers and of different methods apart', async () => {
    const request = { project: { name: 'same' }, requestId: randomUUID() };
    const makeAll = async () => {
      const [one, other] = [await create(service, request), await create(service, request, superuser.token)];
      const { project: below } = await service
        .client(ProjectsService, service.admin)
        .createSandbox({ parentId: one.project.id, ...request });
      return [one.project.id, other.project.id, below?.id];
    };
    const made = await makeAll();
    expect(new Set(made).size).toBe(3);
    expect(await makeAll()).toEqual(made);
  });

  it('may be sent again after it failed', async () => {
    const actor = randomUUID();
    const request = { project: { name: 'again' }, actorUserId: actor, requestId: randomUUID() };
    await expect(refusal(create(service, request))).resolves.toMatchObject({ reason: 'UNKNOWN_USER' });
    await rows(service, 'insert into users (id, email) values ($1, $2)', [actor, `${actor}@example.org`]);
    await expect(create(service, request)).resolves.toMatchObject({ project: { name: 'again' } });
  });

  it('does not use the id up with validate_only', async () => {
    const requestId = randomUUID();
    const before = await count(service, 'idempotency_keys');
    await create(service, { project: { name: 'tried' }, requestId, validateOnly: true });
    expect(await count(service, 'idempotency_keys')).toBe(before);
    await expect(create(service, { project: { name: 'done' }, requestId })).resolves.toBeDefined();
  });
});
