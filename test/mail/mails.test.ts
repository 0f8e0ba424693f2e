import type { MessageInitShape } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { type ProjectSchema, RetentionPolicy } from '../../src/gen/lightning/projects/v1/project_pb.ts';
import { bringForward, jobsDone, queuedJobs } from '../support/jobs.ts';
import { type MailSink, startMailSink } from '../support/mail-sink.ts';
import { aProject } from '../support/projects.ts';
import { header } from '../support/received-mail.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  DirectoryService,
  MembersService,
  ProjectsService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';

const open = new AsyncDisposableStack();
let sink: MailSink;
let service: TestService;

beforeAll(async () => {
  sink = open.use(await startMailSink());
  service = open.use(
    await startTestService({
      SMTP_URL: sink.url,
      MAIL_FROM: 'Lightning <lightning@mail.example.org>',
      PUBLIC_URL: 'https://app.example.org',
    }),
  );
});

afterAll(() => open.disposeAsync());

const projects = (token = service.admin) => service.client(ProjectsService, token);
const members = (token = service.admin) => service.client(MembersService, token);

/** Subjects of what each of the people got, once all that was to be sent has been. */
async function received(...people: readonly TestUser[]): Promise<string[][]> {
  await jobsDone(service);
  return people.map(({ email }) => sink.to(email).map((mail) => header(mail, 'subject')));
}

describe('A mail', () => {
  it('says in text and in HTML what happened, to one person, from the configured sender', async () => {
    const [owner, added] = [await aUser(service), await aUser(service)];
    const { id, name } = await aProject(service, { owner });

    await members(owner.token).addMembers({
      projectId: id,
      members: [{ userId: added.id, role: Role.VIEWER }],
    });
    await jobsDone(service);

    const [mail, ...more] = sink.to(added.email);
    if (mail === undefined) throw new Error('there is no mail');
    expect(more).toEqual([]);
    expect(mail.recipients).toEqual([added.email]);
    expect(header(mail, 'from')).toBe('Lightning <lightning@mail.example.org>');
    expect(header(mail, 'to')).toBe(added.email);
    expect(header(mail, 'subject')).toBe(`You were added to the project ${name}`);
    expect(header(mail, 'auto-submitted')).toBe('auto-generated');
    for (const body of [mail.text, mail.html]) {
      expect(body).toContain(`You were added to the project ${name} with the role viewer.`);
      expect(body).toContain(`https://app.example.org/projects/${id}/w`);
    }
    expect(mail.html).toMatch(/^<!doctype html>/);
  });

  it('has a Message-ID made of its event and its recipient', async () => {
    const [owner, added] = [await aUser(service), await aUser(service)];
    const { id } = await aProject(service, { owner });

    await members().addMembers({ projectId: id, members: [{ userId: added.id }] });
    await jobsDone(service);

    const [event] = await rows<{ id: string }>(
      service,
      `select id from audit_events where project_id = $1 and kind = 'members_changed'`,
      [id],
    );
    expect(sink.to(added.email).map((mail) => header(mail, 'message-id'))).toEqual([
      `<added-to-project.${event?.id}.${added.id}@mail.example.org>`,
    ]);
  });

  it('keeps what people are called out of its headers, and out of its markup', async () => {
    const owner = await aUser(service);
    const { id } = await aProject(service, { owner });
    const person = {
      id: crypto.randomUUID(),
      email: `eve-${crypto.randomUUID()}@example.org`,
      firstName: 'Eve\r\nBcc: victim@example.org\r\n\r\n<img src=x>',
      lastName: '"><script>alert(1)</script>',
    };
    await service.client(DirectoryService, service.admin).upsertUsers({ users: [person] });

    await members().addMembers({ projectId: id, members: [{ userId: person.id }] });
    await jobsDone(service);

    const [mail] = sink.to(person.email);
    if (mail === undefined) throw new Error('there is no mail');
    expect(mail.recipients).toEqual([person.email]);
    expect([...mail.headers.keys()].toSorted()).toEqual([
      'auto-submitted',
      'content-type',
      'date',
      'from',
      'message-id',
      'mime-version',
      'subject',
      'to',
    ]);
    expect(sink.to('victim@example.org')).toEqual([]);
    expect(mail.text).toMatch(/^Hello Eve Bcc: victim@example.org <img src=x> "><script>/);
    expect(mail.html).not.toMatch(/<(script|img)/);
    expect(mail.html).toContain('&lt;img src=x&gt; &quot;&gt;&lt;script&gt;');
  });
});

describe('New members are mailed', () => {
  it('by CreateProject, all of them, the owner included', async () => {
    const [owner, editor] = [await aUser(service), await aUser(service)];
    await projects().createProject({
      project: { name: 'created' },
      members: [{ userId: owner.id, role: Role.OWNER }, { userId: editor.id }],
    });
    expect(await received(owner, editor)).toEqual([
      ['You were added to the project created'],
      ['You were added to the project created'],
    ]);
  });

  it('by UpdateProject, only those who were not members before', async () => {
    const [owner, added] = [await aUser(service), await aUser(service)];
    const { id, name } = await aProject(service, { owner });
    await projects(owner.token).updateProject({
      project: { id },
      members: [{ userId: owner.id, role: Role.OWNER }, { userId: added.id }],
    });
    expect(await received(owner, added)).toEqual([[], [`You were added to the project ${name}`]]);
  });

  // The way to the mail server has five connections, each of which is given up for another after 100 mails.
  it('hundreds of them, each once, with as many jobs as there are people and none left', async () => {
    const owner = await aUser(service);
    const { id: projectId } = await aProject(service, { owner });
    const users = Array.from({ length: 600 }, () => crypto.randomUUID()).map((id) => ({
      id,
      email: `${id}@hundreds.example.org`,
    }));
    await service.client(DirectoryService, service.admin).upsertUsers({ users });

    await members().addMembers({ projectId, members: users.map(({ id: userId }) => ({ userId })) });
    await expect.poll(() => queuedJobs(service)).toEqual([]);

    const addressed = sink.mails.flatMap(({ recipients }) => recipients);
    const hundreds = addressed.filter((address) => address.endsWith('@hundreds.example.org'));
    expect(hundreds.toSorted()).toEqual(users.map(({ email }) => email).toSorted());
  });

  it.each([
    ['AddMembers', undefined, 1],
    ['AddMembers', false, 0],
    ['AddMembers', true, 1],
    ['CreateProject', undefined, 1],
    ['CreateProject', false, 0],
    ['UpdateProject', undefined, 1],
    ['UpdateProject', false, 0],
    ['AddMembers to a sandbox', undefined, 0],
    ['AddMembers to a sandbox', true, 1],
    ['CreateProject of a sandbox', undefined, 0],
    ['CreateProject of a sandbox', true, 1],
    ['CreateSandbox', undefined, 0],
    ['CreateSandbox', true, 1],
    ['CreateSandbox', false, 0],
    ['UpdateProject of a sandbox', undefined, 0],
    ['UpdateProject of a sandbox', true, 1],
    ['ProvisionSandbox', undefined, 0],
  ])('by %s with notify %s: %i', async (way, notify, mails) => {
    const [owner, added] = [await aUser(service), await aUser(service)];
    const { id: root } = await aProject(service, { owner });
    const sandbox = /sandbox/.test(way) ? (await aProject(service, { owner }, { parentId: root })).id : root;
    const option = notify === undefined ? {} : { notify };
    const cast = [{ userId: owner.id, role: Role.OWNER }, { userId: added.id }];
    const name = `p-${crypto.randomUUID()}`;
    const ways: Record<string, () => Promise<unknown>> = {
      AddMembers: () =>
        members().addMembers({ projectId: sandbox, members: [{ userId: added.id }], ...option }),
      CreateProject: () =>
        projects().createProject({
          project: { name, ...(sandbox === root ? {} : { parentId: root }) },
          members: cast,
          ...option,
        }),
      CreateSandbox: () =>
        projects().createSandbox({ parentId: root, project: { name }, members: cast, ...option }),
      UpdateProject: () => projects().updateProject({ project: { id: sandbox }, members: cast, ...option }),
      ProvisionSandbox: () =>
        projects().provisionSandbox({
          parentId: root,
          name,
          actorUserId: owner.id,
          collaborators: [{ userId: added.id }],
        }),
    };

    await ways[way.split(' ')[0] ?? '']?.();

    const [subjects] = await received(added);
    expect(subjects).toHaveLength(mails);
  });

  it('unless they are disabled', async () => {
    const [owner, gone] = [await aUser(service), await aUser(service, { disabled: true })];
    const { id } = await aProject(service, { owner });
    await members().addMembers({ projectId: id, members: [{ userId: gone.id }] });
    expect(await received(gone)).toEqual([[]]);
  });

  it('not by a call that only checks, nor by one that is refused, nor by a repeated one again', async () => {
    const [owner, added] = [await aUser(service), await aUser(service)];
    const cast = [{ userId: owner.id, role: Role.OWNER }, { userId: added.id }];
    const { id } = await aProject(service, { owner });

    await projects().createProject({ project: { name: 'checked' }, members: cast, validateOnly: true });
    await projects().updateProject({ project: { id }, members: cast, validateOnly: true });
    const late = await refusal(
      members().addMembers({
        projectId: id,
        members: [{ userId: added.id }, { userId: crypto.randomUUID() }],
      }),
    );
    expect(late.reason).toBe('UNKNOWN_USER');
    expect(await received(owner, added)).toEqual([[], []]);

    const request = { project: { name: 'repeated' }, members: cast, requestId: crypto.randomUUID() };
    await projects().createProject(request);
    await projects().createProject(request);
    expect(await received(owner, added)).toEqual([
      ['You were added to the project repeated'],
      ['You were added to the project repeated'],
    ]);
  });

  it('not when they were removed before the mail could be sent', async () => {
    const [owner, added] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner });
    sink.refusal = { at: 'RCPT TO', code: 451 };
    try {
      await members().addMembers({ projectId, members: [{ userId: added.id }] });
      await expect.poll(async () => (await queuedJobs(service))[0]?.last_error).toMatch(/451/);
      await members().removeMember({ projectId, userId: added.id });
    } finally {
      sink.refusal = undefined;
    }
    await bringForward(service);
    expect(await received(added)).toEqual([[]]);
  });

  it('not of a project that is being deleted, be they added or invited, nor are its heads of its retention', async () => {
    const [owner, added] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner });
    const email = `late-${added.email}`;
    sink.refusal = { at: 'RCPT TO', code: 451 };
    await members().addMembers({ projectId, members: [{ userId: added.id }] });
    await members().inviteCollaborators({ projectId, collaborators: [{ email }] });
    await projects().updateProject({
      project: { id: projectId, retentionPolicy: RetentionPolicy.ERASE_ALL },
    });
    const refused = async () =>
      (await queuedJobs(service)).map(({ attempts, locked_by }) => [attempts, locked_by]);
    await expect.poll(refused).toEqual(Array.from({ length: 3 }, () => [1, null]));
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [projectId]);
    sink.refusal = undefined;
    await bringForward(service);

    expect(await received(owner, added)).toEqual([[], []]);
    expect(sink.to(email)).toEqual([]);
  });
});

describe('A change of the retention', () => {
  it('is mailed to the owner and the admins alone, with old and new values and who did it', async () => {
    const [owner, admin] = [await aUser(service), await aUser(service)];
    const [editor, viewer] = [await aUser(service), await aUser(service)];
    const { id, name } = await aProject(
      service,
      { owner, admin, editor, viewer },
      { historyRetentionPeriod: 90, dataclipRetentionPeriod: 30 },
    );

    await projects(admin.token).updateProject({
      project: { id, historyRetentionPeriod: 30, retentionPolicy: RetentionPolicy.ERASE_ALL },
      updateMask: { paths: ['history_retention_period', 'retention_policy'] },
    });

    const told = [`Data retention of the project ${name} changed`];
    expect(await received(owner, admin, editor, viewer)).toEqual([told, told, [], []]);
    const [mail] = sink.to(owner.email);
    const [person] = await rows<{ first_name: string }>(
      service,
      'select first_name from users where id = $1',
      [admin.id],
    );
    expect(mail?.text).toContain(
      `${person?.first_name} Test changed how long the project ${name} keeps its data.`,
    );
    expect(mail?.text).toContain(
      [
        'Data of runs: until now: keep the data of all runs; from now on: keep no data of runs',
        'History: until now: 90 days; from now on: 30 days',
      ].join('\n'),
    );
    expect(mail?.text).not.toContain('Dataclips');
    expect(mail?.html).toContain('until now: 90 days; from now on: 30 days');
  });

  it('tells how long dataclips are kept from now on that were not kept at all', async () => {
    const owner = await aUser(service);
    const before = { historyRetentionPeriod: 90, retentionPolicy: RetentionPolicy.ERASE_ALL };
    const { id } = await aProject(service, { owner }, before);
    await projects().updateProject({
      project: { id, retentionPolicy: RetentionPolicy.RETAIN_ALL, dataclipRetentionPeriod: 30 },
      updateMask: { paths: ['retention_policy', 'dataclip_retention_period'] },
    });
    await jobsDone(service);
    expect(sink.to(owner.email).map(({ text }) => text)).toEqual([
      expect.stringContaining(
        [
          'Data of runs: until now: keep no data of runs; from now on: keep the data of all runs',
          'Dataclips: from now on: 30 days',
        ].join('\n'),
      ),
    ]);
  });

  it('tells of a service that acted for nobody', async () => {
    const owner = await aUser(service);
    const { id } = await aProject(service, { owner });
    await projects().updateProject({ project: { id, historyRetentionPeriod: 7 } });
    await jobsDone(service);
    expect(sink.to(owner.email).map(({ text }) => text)).toEqual([
      expect.stringContaining('An internal service changed how long'),
    ]);
  });

  it('goes to those who are owner and admin after it', async () => {
    const [owner, added] = [await aUser(service), await aUser(service)];
    const { id, name } = await aProject(service, { owner });
    await projects(owner.token).updateProject({
      project: { id, historyRetentionPeriod: 7 },
      updateMask: { paths: ['history_retention_period', 'members'] },
      members: [
        { userId: owner.id, role: Role.OWNER },
        { userId: added.id, role: Role.ADMIN },
      ],
      notify: false,
    });
    const told = [`Data retention of the project ${name} changed`];
    expect(await received(owner, added)).toEqual([told, told]);
  });

  it.each<[string, MessageInitShape<typeof ProjectSchema>]>([
    ['settings that are no retention', { requiresMfa: true, description: 'x' }],
    ['the retention that there is', { historyRetentionPeriod: 30 }],
    [
      'a dataclip period that does not count',
      { dataclipRetentionPeriod: 7, retentionPolicy: RetentionPolicy.ERASE_ALL },
    ],
  ])('is no change by %s', async (_, fields) => {
    const owner = await aUser(service);
    const erases = 'retentionPolicy' in fields;
    const { id } = await aProject(
      service,
      { owner },
      { historyRetentionPeriod: 30, ...(erases ? { retentionPolicy: RetentionPolicy.ERASE_ALL } : {}) },
    );
    await projects(owner.token).updateProject({ project: { id, ...fields } });
    expect(await received(owner)).toEqual([[]]);
  });

  it('is not mailed by a call that only checks', async () => {
    const owner = await aUser(service);
    const { id } = await aProject(service, { owner });
    await projects().updateProject({ project: { id, historyRetentionPeriod: 7 }, validateOnly: true });
    expect(await received(owner)).toEqual([[]]);
  });
});
