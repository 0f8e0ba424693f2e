import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DigestFrequency, Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { aUser, MembersService, startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

describe('GetMember', () => {
  it('finds a membership by its id, and by project and person, in either case', async () => {
    const [owner, viewer] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, viewer });
    const members = service.client(MembersService, viewer.token);

    const { member } = await members.getMember({
      projectId: projectId.toUpperCase(),
      userId: viewer.id.toUpperCase(),
    });

    expect(member).toMatchObject({
      projectId,
      userId: viewer.id,
      role: Role.VIEWER,
      digest: DigestFrequency.NEVER,
      failureAlert: false,
      user: { id: viewer.id, email: viewer.email, superuser: false },
    });
    const memberId = member?.id ?? '';
    expect((await members.getMember({ memberId: memberId.toUpperCase() })).member).toEqual(member);
    // The id decides.
    const elsewhere = { memberId, projectId: randomUUID(), userId: owner.id };
    expect((await members.getMember(elsewhere)).member).toEqual(member);
  });

  it('says who is no member, of a project that the caller may see', async () => {
    const [owner, stranger] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner });

    const refused = await refusal(
      service.client(MembersService, owner.token).getMember({ projectId, userId: stranger.id }),
    );

    expect(refused).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'MEMBER_NOT_FOUND',
      resources: [`user/${stranger.id}`],
    });
  });
});
