import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { tokenFor, tokenIn } from '../support/invitations.ts';
import { bringForward, jobsDone, queuedJobs } from '../support/jobs.ts';
import { type MailSink, startMailSink } from '../support/mail-sink.ts';
import { aProject } from '../support/projects.ts';
import { ending, refusal } from '../support/refusal.ts';
import { lockProject, waitingStatements } from '../support/rival.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  DirectoryService,
  MembersService,
  startTestService,
  type TestService,
  userToken,
} from '../support/service.ts';

const open = new AsyncDisposableStack();
let sink: MailSink;
let service: TestService;

beforeAll(async () => {
  sink = open.use(await startMailSink());
  service = open.use(await startTestService({ SMTP_URL: sink.url, MAIL_FROM: 'a@example.org' }));
});

afterAll(() => open.disposeAsync());

const members = (token = service.admin) => service.client(MembersService, token);
const accept = (bearer: string, token: string) => members(bearer).acceptInvitation({ token });

/** Somebody who was invited to a project and has an account by now. */
async function anInvited(role: Role = Role.EDITOR) {
  const { id: projectId } = await aProject(service, { owner: await aUser(service) });
  const email = `invited-${randomUUID()}@example.org`;
  await members().inviteCollaborators({ projectId, collaborators: [{ email, role }] });
  await jobsDone(service);
  const id = randomUUID();
  await service.client(DirectoryService, service.admin).upsertUsers({ users: [{ id, email }] });
  return { projectId, email, id, bearer: await userToken(id), token: tokenFor(sink, email) };
}

const notFound = { code: 'NOT_FOUND', reason: 'INVITATION_NOT_FOUND', resources: [], metadata: {} };

describe('AcceptInvitation', () => {
  it('answers with the membership and the project of the person who was invited', async () => {
    const { projectId, id, bearer, token } = await anInvited(Role.ADMIN);
    expect(await accept(bearer, token)).toMatchObject({
      member: { projectId, userId: id, role: Role.ADMIN, user: { id } },
      project: { id: projectId },
    });
  });

  it('works for somebody whose own token is the first that is heard of them', async () => {
    const { id: projectId } = await aProject(service, { owner: await aUser(service) });
    const email = `newcomer-${randomUUID()}@example.org`;
    await members().inviteCollaborators({ projectId, collaborators: [{ email }] });
    await jobsDone(service);
    const id = randomUUID();
    const bearer = await userToken(id, {
      email: email.toUpperCase(),
      given_name: 'New',
      family_name: 'Comer',
    });

    const { member } = await accept(bearer, tokenFor(sink, email));

    expect(member).toMatchObject({ userId: id, role: Role.EDITOR, user: { firstName: 'New' } });
  });

  it('redeems a token once', async () => {
    const { bearer, token, projectId } = await anInvited();
    await accept(bearer, token);
    expect(await refusal(accept(bearer, token))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'INVITATION_USED',
      subjects: [expect.stringMatching(/^invitations\//)],
    });
    const events = await rows(
      service,
      `select actor_id, changes from audit_events where project_id = $1 and method like '%AcceptInvitation'`,
      [projectId],
    );
    expect(events).toHaveLength(1);
  });

  it('redeems a token once when it comes 20 times at the same moment', async () => {
    const { bearer, token } = await anInvited();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const call = accept(bearer, token);
        return call.then(
          () => 'accepted',
          async () => (await refusal(call)).reason,
        );
      }),
    );
    expect(outcomes.toSorted()).toEqual([...Array.from({ length: 19 }, () => 'INVITATION_USED'), 'accepted']);
  });

  it('keeps the role that the member has by now', async () => {
    const { projectId, id, bearer, token } = await anInvited(Role.ADMIN);
    await members().updateMember({ member: { projectId, userId: id, role: Role.VIEWER } });
    expect((await accept(bearer, token)).member?.role).toBe(Role.VIEWER);
  });

  it('refuses a token that has expired, and does not redeem it', async () => {
    const { projectId, bearer, token } = await anInvited();
    await rows(
      service,
      `update invitations set expires_at = now() - interval '1 second' where project_id = $1`,
      [projectId],
    );
    expect(await refusal(accept(bearer, token))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'INVITATION_EXPIRED',
    });
    expect(
      await rows(service, 'select accepted_at from invitations where project_id = $1', [projectId]),
    ).toEqual([{ accepted_at: null }]);
  });

  it('tells nobody else of an invitation, and nothing of why', async () => {
    const { bearer, token, projectId, id } = await anInvited();
    const stranger = await aUser(service);
    const colleague = await aUser(service);
    await members().addMembers({ projectId, members: [{ userId: colleague.id }], notify: false });
    const forged = Buffer.from(token, 'base64url');
    forged[47] = (forged[47] ?? 0) ^ 1;
    const unknown = Buffer.from(token, 'base64url');
    unknown[0] = (unknown[0] ?? 0) ^ 1;

    const refusals = [
      await refusal(accept(stranger.token, token)),
      await refusal(accept(colleague.token, token)),
      await refusal(accept(service.admin, token)),
      await refusal(accept(bearer, forged.toString('base64url'))),
      await refusal(accept(bearer, unknown.toString('base64url'))),
      await refusal(accept(bearer, 'no token at all')),
    ];
    await members().removeMember({ projectId, userId: id });
    refusals.push(await refusal(accept(bearer, token)));

    for (const refused of refusals) expect(refused).toMatchObject(notFound);
    expect(new Set(refusals.map(({ message }) => message)).size).toBe(1);
  });

  it('finds none for somebody who is removed while it waits for the project', async () => {
    const { bearer, token, projectId, id } = await anInvited();
    await using rival = await lockProject(service, projectId);
    const removed = ending(members().removeMember({ projectId, userId: id }));
    await expect.poll(() => waitingStatements(service)).toBe(1);
    const accepted = ending(accept(bearer, token));
    await expect.poll(() => waitingStatements(service)).toBe(2);
    await rival.leave();
    expect(await Promise.all([removed, accepted])).toEqual(['done', 'INVITATION_NOT_FOUND']);
  });

  it('refuses somebody who is disabled, and a project that is scheduled for deletion', async () => {
    const one = await anInvited();
    await service
      .client(DirectoryService, service.admin)
      .upsertUsers({ users: [{ id: one.id, email: one.email, disabled: true }] });
    expect((await refusal(accept(one.bearer, one.token))).reason).toBe('USER_DISABLED');

    const other = await anInvited();
    await rows(service, 'update projects set scheduled_deletion = now() where id = $1', [other.projectId]);
    expect((await refusal(accept(other.bearer, other.token))).reason).toBe('PROJECT_PENDING_DELETION');
  });
});

describe('A token whose mail had to be sent again', () => {
  it('works, whichever of the mails it is from', async () => {
    const { id: projectId } = await aProject(service, { owner: await aUser(service) });
    const email = `twice-${randomUUID()}@example.org`;
    sink.refusal = { at: 'DATA', code: 451 };
    await members().inviteCollaborators({ projectId, collaborators: [{ email }] });
    await expect.poll(async () => (await queuedJobs(service))[0]?.last_error).toMatch(/451/);
    // The server takes the mail, and its answer is lost.
    const { promise, resolve } = Promise.withResolvers<void>();
    sink.answer = promise;
    sink.refusal = undefined;
    await bringForward(service);
    await expect.poll(() => sink.to(email)).toHaveLength(1);
    await rows(service, 'update graphile_worker._private_jobs set locked_at = null, locked_by = null');
    sink.answer = undefined;
    await bringForward(service);
    await expect.poll(() => sink.to(email)).toHaveLength(2);
    resolve();
    await jobsDone(service);

    const [first, second] = sink.to(email).map(tokenIn);
    expect(first).not.toBe(second);
    const id = randomUUID();
    const bearer = await userToken(id, { email });
    expect((await accept(bearer, first ?? '')).member).toMatchObject({ userId: id });
    expect((await refusal(accept(bearer, second ?? ''))).reason).toBe('INVITATION_USED');
  });
});
