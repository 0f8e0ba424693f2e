import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import {
  aUser,
  MembersService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';

let service: TestService;
let owner: TestUser;
let viewer: TestUser;
let stranger: TestUser;
let projectId: string;

beforeAll(async () => {
  service = await startTestService();
  [owner, viewer, stranger] = [await aUser(service), await aUser(service), await aUser(service)];
  ({ id: projectId } = await aProject(service, { owner, viewer }));
});
afterAll(() => service.close());

describe('GetMemberRole and CheckMembership', () => {
  it.each([
    ['the owner', () => owner.id, Role.OWNER],
    ['a viewer, whatever the case of the id', () => viewer.id.toUpperCase(), Role.VIEWER],
    ['somebody who is no member', () => stranger.id, Role.UNSPECIFIED],
    ['somebody unknown', () => randomUUID(), Role.UNSPECIFIED],
  ] as const)('answer for %s', async (_, id, expected) => {
    const members = service.client(MembersService, viewer.token);
    const userId = id();

    const { role } = await members.getMemberRole({ projectId: projectId.toUpperCase(), userId });
    const { member } = await members.checkMembership({ projectId, userId });

    expect(role).toBe(expected);
    expect(member).toBe(expected !== Role.UNSPECIFIED);
  });

  it('count the role in the project itself: a member of the root alone is none of the sandbox', async () => {
    const admin = service.client(MembersService, service.admin);
    const sandbox = await aProject(service, { owner: stranger }, { parentId: projectId });

    expect(await admin.getMemberRole({ projectId: sandbox.id, userId: owner.id })).toMatchObject({
      role: Role.UNSPECIFIED,
    });
    expect(await admin.checkMembership({ projectId: sandbox.id, userId: owner.id })).toMatchObject({
      member: false,
    });
  });

  it('refuse a project that does not exist, to a service as to anybody', async () => {
    const nowhere = { projectId: randomUUID(), userId: owner.id };

    for (const token of [service.admin, service.reader, owner.token]) {
      const members = service.client(MembersService, token);
      expect((await refusal(members.getMemberRole(nowhere))).reason).toBe('PROJECT_NOT_FOUND');
      expect((await refusal(members.checkMembership(nowhere))).reason).toBe('PROJECT_NOT_FOUND');
    }
  });
});
