import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobsDone, queuedJobs } from '../support/jobs.ts';
import { type MailSink, startMailSink } from '../support/mail-sink.ts';
import { aProject } from '../support/projects.ts';
import { header } from '../support/received-mail.ts';
import { rows } from '../support/rows.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';

const open = new AsyncDisposableStack();
let sink: MailSink;
let service: TestService;
beforeAll(async () => {
  sink = open.use(await startMailSink());
  const env = { SMTP_URL: sink.url, MAIL_FROM: 'lightning@mail.example.org', PURGE_DELETED_AFTER_DAYS: '30' };
  service = open.use(await startTestService(env));
});
afterAll(() => open.disposeAsync());

async function aCast() {
  const [owner, admin] = [await aUser(service), await aUser(service)];
  const [editor, viewer] = [await aUser(service), await aUser(service)];
  return { owner, admin, editor, viewer };
}

describe('A scheduled deletion', () => {
  it('is mailed to every member of the project once, with the date and how to cancel', async () => {
    const cast = await aCast();
    const { id, name } = await aProject(service, cast);
    const inSandbox = await aUser(service);
    await aProject(service, { owner: inSandbox }, { parentId: id });
    const own = service.client(ProjectsService, cast.owner.token);

    await own.scheduleProjectDeletion({ id });
    await own.scheduleProjectDeletion({ id });
    await jobsDone(service);

    const [row] = await rows<{ date: Date }>(
      service,
      'select scheduled_deletion as date from projects where id = $1',
      [id],
    );
    for (const { email } of Object.values(cast)) {
      const [mail, ...more] = sink.to(email);
      if (mail === undefined) throw new Error(`there is no mail to ${email}`);
      expect(more).toEqual([]);
      expect(header(mail, 'subject')).toBe(`The project ${name} is scheduled for deletion`);
      for (const body of [mail.text, mail.html]) {
        expect(body).toContain(row?.date.toUTCString());
        expect(body).toContain('can cancel the deletion');
        expect(body).toContain(`/projects/${id}/w`);
      }
    }
    expect(sink.to(inSandbox.email)).toEqual([]);
  });

  it('is mailed to nobody when it is only checked', async () => {
    const { id } = await aProject(service, await aCast());
    await service.client(ProjectsService, service.admin).scheduleProjectDeletion({ id, validateOnly: true });
    expect(await queuedJobs(service)).toEqual([]);
  });
});

describe('A cancelled deletion', () => {
  it.each([
    [true, 'are enabled again'],
    [false, 'stay disabled'],
  ])('is mailed to the owner and the admins alone; triggers restored: %s', async (restoreTriggers, said) => {
    const cast = await aCast();
    const { id, name } = await aProject(service, cast);
    const own = service.client(ProjectsService, cast.owner.token);
    await own.scheduleProjectDeletion({ id });
    await jobsDone(service);

    await own.cancelProjectDeletion({ id, restoreTriggers });
    await jobsDone(service);

    const last = Object.values(cast).map(({ email }) => sink.to(email)[1]);
    const subject = `The deletion of the project ${name} was cancelled`;
    expect(last.map((mail) => mail && header(mail, 'subject'))).toEqual([
      subject,
      subject,
      undefined,
      undefined,
    ]);
    expect(last[0]?.text).toContain(said);
  });
});
