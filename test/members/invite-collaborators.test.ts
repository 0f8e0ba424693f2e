import { randomUUID } from 'node:crypto';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { tokenFor } from '../support/invitations.ts';
import { deadLetters, jobsDone } from '../support/jobs.ts';
import { type KeptLog, keptLog } from '../support/logged.ts';
import { type MailSink, startMailSink } from '../support/mail-sink.ts';
import { aProject } from '../support/projects.ts';
import { header } from '../support/received-mail.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, MembersService, startTestService, type TestService } from '../support/service.ts';

const open = new AsyncDisposableStack();
let sink: MailSink;
let kept: KeptLog;
let service: TestService;

beforeAll(async () => {
  sink = open.use(await startMailSink());
  kept = keptLog();
  const env = { SMTP_URL: sink.url, MAIL_FROM: 'a@example.org', PUBLIC_URL: 'https://app.example.org' };
  service = open.use(await startTestService(env, kept.log));
});

afterAll(() => open.disposeAsync());

const members = (token = service.admin) => service.client(MembersService, token);
const anAddress = () => `invited-${randomUUID()}@example.org`;

/** Everything of the people whom a request could have registered or added, by address. */
function known(...emails: readonly string[]) {
  return rows(
    service,
    `select lower(users.email) as email, first_name, last_name, placeholder, project_users.role
     from users left join project_users on user_id = users.id
     where lower(users.email) = any($1::text[]) order by 1`,
    [emails.map((email) => email.toLowerCase())],
  );
}

const subjects = (email: string) => sink.to(email).map((mail) => header(mail, 'subject'));

describe('InviteCollaborators', () => {
  it('registers and adds unknown people and mails them a token; known ones it only adds', async () => {
    const [owner, familiar] = [await aUser(service), await aUser(service)];
    const { id: projectId, name } = await aProject(service, { owner });
    const unknown = anAddress();

    const answer = await members(owner.token).inviteCollaborators({
      projectId,
      collaborators: [
        { email: familiar.email.toUpperCase(), role: Role.VIEWER },
        { email: unknown, firstName: 'Ada', lastName: 'Lovelace' },
      ],
    });
    await jobsDone(service);

    expect(answer.members).toMatchObject([
      { projectId, userId: familiar.id, role: Role.VIEWER, user: { email: familiar.email } },
      { projectId, role: Role.EDITOR, user: { email: unknown, firstName: 'Ada', lastName: 'Lovelace' } },
    ]);
    expect(answer.invitations).toMatchObject([{ email: unknown, userId: answer.members[1]?.userId }]);
    const [invitation] = answer.invitations;
    const expires = invitation?.expiresAt === undefined ? 0 : timestampDate(invitation.expiresAt).getTime();
    expect(Math.abs(expires - Date.now() - 7 * 24 * 3_600_000)).toBeLessThan(60_000);
    expect(await known(unknown)).toEqual([
      { email: unknown, first_name: 'Ada', last_name: 'Lovelace', placeholder: true, role: 'editor' },
    ]);

    expect(subjects(familiar.email)).toEqual([`You were added to the project ${name}`]);
    expect(subjects(unknown)).toEqual([`You are invited to the project ${name}`]);
    const [mail] = sink.to(unknown);
    const [inviter] = await rows<{ first_name: string }>(
      service,
      'select first_name from users where id = $1',
      [owner.id],
    );
    for (const body of [mail?.text, mail?.html]) {
      expect(body).toContain(
        `${inviter?.first_name} Test invites you to the project ${name} on OpenFn Lightning, with the role editor.`,
      );
      expect(body).toContain(`https://app.example.org/invitations/accept#token=${tokenFor(sink, unknown)}`);
    }
  });

  it('keeps a token nowhere: not in a table, not in a log, not in an answer', async () => {
    const { id: projectId } = await aProject(service, { owner: await aUser(service) });
    const email = anAddress();
    const answer = await members().inviteCollaborators({
      projectId,
      collaborators: [{ email }],
      requestId: randomUUID(),
    });
    await jobsDone(service);

    const token = tokenFor(sink, email);
    const secret = Buffer.from(token, 'base64url').subarray(16).toString('hex');
    const tables = await rows<{ name: string }>(
      service,
      `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
       where table_schema in ('public', 'graphile_worker') and table_type = 'BASE TABLE'`,
    );
    expect(tables.length).toBeGreaterThan(20);
    const everything = await Promise.all(
      tables.map(({ name }) => rows(service, `select t::text from ${name} as t`)),
    );
    const told = JSON.stringify([everything, kept.entries, answer.invitations.map(({ id }) => id)]);
    expect(told).toContain(email);
    expect(told).not.toContain(token);
    expect(told).not.toContain(secret);
  });

  it('invites somebody again who was invited elsewhere and has not come yet', async () => {
    const [one, other] = [
      await aProject(service, { owner: await aUser(service) }),
      await aProject(service, { owner: await aUser(service) }),
    ];
    const email = anAddress();
    const first = await members().inviteCollaborators({ projectId: one.id, collaborators: [{ email }] });
    const second = await members().inviteCollaborators({
      projectId: other.id,
      collaborators: [{ email: email.toUpperCase(), firstName: 'Ignored' }],
    });
    await jobsDone(service);

    expect(second.members[0]?.userId).toBe(first.members[0]?.userId);
    expect(second.invitations).toMatchObject([{ userId: first.members[0]?.userId }]);
    expect(sink.mails.filter(({ text }) => text.includes(`project ${other.name} `))).toHaveLength(1);
  });

  it('registers one person for invitations that come at the same moment', async () => {
    const email = anAddress();
    const projects = await Promise.all(
      Array.from({ length: 6 }, async () => aProject(service, { owner: await aUser(service) })),
    );
    const answers = await Promise.all(
      projects.map(({ id: projectId }) =>
        members().inviteCollaborators({ projectId, collaborators: [{ email }] }),
      ),
    );
    await jobsDone(service);
    expect(new Set(answers.map((answer) => answer.members[0]?.userId)).size).toBe(1);
    expect(sink.to(email)).toHaveLength(6);
  });

  it('refuses people who are members already, names each row, and does nothing for the others', async () => {
    const [owner, viewer] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, viewer });
    const unknown = anAddress();

    const refused = await refusal(
      members(owner.token).inviteCollaborators({
        projectId,
        collaborators: [{ email: unknown }, { email: viewer.email.toUpperCase() }, { email: owner.email }],
      }),
    );
    await jobsDone(service);

    expect(refused).toMatchObject({ code: 'ALREADY_EXISTS', reason: 'ALREADY_A_MEMBER' });
    expect(Object.keys(refused.fields)).toEqual(['collaborators[1].email', 'collaborators[2].email']);
    expect(await known(unknown)).toEqual([]);
    expect([unknown, viewer.email, owner.email].flatMap(subjects)).toEqual([]);
  });

  it('refuses owners, and an address that stands in the request twice, all at once', async () => {
    const { id: projectId } = await aProject(service, { owner: await aUser(service) });
    const email = anAddress();
    const refused = await refusal(
      members().inviteCollaborators({
        projectId,
        collaborators: [{ email }, { email: anAddress(), role: Role.OWNER }, { email: email.toUpperCase() }],
      }),
    );
    expect(refused).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'VALIDATION_FAILED',
      fields: {
        'collaborators[1].role': expect.stringContaining('TransferOwnership'),
        'collaborators[2].email': 'REPEATED',
      },
    });
  });

  it('refuses people to a project that has no owner yet, and names their field', async () => {
    const { id: projectId } = await aProject(service);
    const email = anAddress();
    for (const validateOnly of [true, false]) {
      const invited = members().inviteCollaborators({ projectId, collaborators: [{ email }], validateOnly });
      expect(await refusal(invited)).toMatchObject({
        code: 'INVALID_ARGUMENT',
        reason: 'ONE_OWNER',
        fields: { collaborators: expect.stringContaining('AddMembers') },
      });
    }
    expect(await known(email)).toEqual([]);
  });

  it('refuses an acting user whom nobody knows', async () => {
    const { id: projectId } = await aProject(service, { owner: await aUser(service) });
    const actorUserId = randomUUID();
    const collaborators = [{ email: anAddress() }];
    await expect(
      refusal(members().inviteCollaborators({ projectId, collaborators, actorUserId })),
    ).resolves.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'UNKNOWN_USER',
      fields: { actor_user_id: expect.anything() },
    });
  });

  it('mails nobody twice when a request is repeated, one after the other or at once', async () => {
    const { id: projectId } = await aProject(service, { owner: await aUser(service) });
    const email = anAddress();
    const request = { projectId, collaborators: [{ email }], requestId: randomUUID() };

    const answers = await Promise.all(
      Array.from({ length: 4 }, () => members().inviteCollaborators(request)),
    );
    answers.push(await members().inviteCollaborators(request));
    await jobsDone(service);

    expect(new Set(answers.map(({ invitations }) => invitations[0]?.id)).size).toBe(1);
    expect(sink.to(email)).toHaveLength(1);
  });

  it('changes and mails nothing when it only checks', async () => {
    const { id: projectId } = await aProject(service, { owner: await aUser(service) });
    const email = anAddress();
    const answer = await members().inviteCollaborators({
      projectId,
      collaborators: [{ email }],
      validateOnly: true,
    });
    await jobsDone(service);
    expect(answer.members).toMatchObject([{ user: { email } }]);
    expect(await known(email)).toEqual([]);
    expect(sink.to(email)).toEqual([]);
  });

  it('tells who invited whom, and of each person who was registered', async () => {
    const owner = await aUser(service);
    const { id: projectId } = await aProject(service, { owner });
    const requestId = randomUUID();
    const { members: added } = await members().inviteCollaborators(
      { projectId, collaborators: [{ email: anAddress() }], actorUserId: owner.id },
      { headers: { 'x-request-id': requestId } },
    );
    const userId = added[0]?.userId;
    expect(
      await rows(
        service,
        'select kind, actor_id, item_id, changes from audit_events where request_id = $1 order by id',
        [requestId],
      ),
    ).toMatchObject([
      { kind: 'users_changed', actor_id: owner.id, item_id: userId },
      {
        kind: 'members_changed',
        actor_id: owner.id,
        item_id: projectId,
        changes: { added: [{ user_id: userId, role: 'editor' }], invited: [userId] },
      },
    ]);
  });

  it('sends no invitation to somebody who was removed before it could go out', async () => {
    const { id: projectId } = await aProject(service, { owner: await aUser(service) });
    // What goes to the owner is not to be refused.
    await jobsDone(service);
    const email = anAddress();
    sink.refusal = { at: 'RCPT TO', code: 550 };
    const { members: added } = await members().inviteCollaborators({ projectId, collaborators: [{ email }] });
    await expect.poll(() => deadLetters(service)).toHaveLength(1);
    sink.refusal = undefined;
    await members().removeMember({ projectId, userId: added[0]?.userId ?? '' });
    // As whoever runs the service may do once the address works again.
    await rows(
      service,
      `select graphile_worker.add_job(kind, input::json) from operations where state = 'failed'`,
    );
    await jobsDone(service);
    expect(sink.to(email)).toEqual([]);
  });
});
