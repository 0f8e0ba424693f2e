import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bringForward, deadLetters, jobsDone, queuedJobs } from '../support/jobs.ts';
import { type KeptLog, keptLog } from '../support/logged.ts';
import { type MailSink, startMailSink } from '../support/mail-sink.ts';
import { aProject } from '../support/projects.ts';
import { header } from '../support/received-mail.ts';
import {
  aUser,
  MembersService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';

let open: AsyncDisposableStack;
let sink: MailSink;
let kept: KeptLog;
let service: TestService;

beforeEach(async () => {
  open = new AsyncDisposableStack();
  sink = open.use(await startMailSink());
  kept = keptLog();
  const env = { SMTP_URL: sink.url, MAIL_FROM: 'lightning@example.org' };
  service = open.use(await startTestService(env, kept.log));
});

afterEach(() => open.disposeAsync());

/** Adds somebody to a project, who is mailed that. */
async function addSomebody(): Promise<{ projectId: string; person: TestUser }> {
  const [owner, person] = [await aUser(service), await aUser(service)];
  const { id: projectId } = await aProject(service, { owner });
  await service
    .client(MembersService, service.admin)
    .addMembers({ projectId, members: [{ userId: person.id }] });
  return { projectId, person };
}

const lastError = async () => (await queuedJobs(service))[0]?.last_error;

describe('While the mail server takes no mail', () => {
  it('one is tried again after longer and longer pauses, and kept as a failed operation in the end', async () => {
    const attempts = 20;
    sink.refusal = { at: 'RCPT TO', code: 451 };
    const { projectId, person } = await addSomebody();
    sink.refusal = { ...sink.refusal, quoting: person.email };

    const pauses: number[] = [];
    for (let attempt = 1; attempt < attempts; attempt += 1) {
      const failed = async () => {
        const [job] = await queuedJobs(service);
        return job?.attempts === attempt && job.locked_by === null;
      };
      await expect.poll(failed, { interval: 5 }).toBe(true);
      const [job] = await queuedJobs(service);
      pauses.push(job?.due_in ?? 0);
      await bringForward(service);
    }
    await expect.poll(() => deadLetters(service)).toHaveLength(1);

    expect(await queuedJobs(service)).toEqual([]);
    expect(sink.attempts).toBe(attempts);
    expect(pauses[0]).toBeGreaterThan(2);
    expect(pauses.slice(0, 9)).toEqual(pauses.slice(0, 9).toSorted((a, b) => a - b));
    expect(Math.max(...pauses)).toBeLessThan(7 * 3600);
    const [letter] = await deadLetters(service);
    expect(letter).toEqual({
      kind: 'send_mail',
      state: 'failed',
      project_id: projectId,
      actor_id: null,
      input: { mail: 'added-to-project', eventId: expect.any(String), recipientId: person.id, projectId },
      attempts,
      error_reason: 'INTERNAL',
      error_message: 'the mail could not be handed over: EENVELOPE 451 RCPT TO',
      finished: true,
    });
    expect(kept.saying('a job failed')).toHaveLength(attempts);
    expect(kept.saying('a job failed for good')).toEqual([
      expect.objectContaining({ level: 50, task: 'send_mail', attempts, operationId: expect.any(String) }),
    ]);
    expect(JSON.stringify(kept.entries)).not.toContain(person.email);
  });

  it('it is sent once when the server takes mails again', async () => {
    sink.refusal = { at: 'DATA', code: 421 };
    const { person } = await addSomebody();
    await expect.poll(lastError).toMatch(/421/);
    sink.refusal = undefined;
    await bringForward(service);
    await jobsDone(service);
    expect(sink.to(person.email)).toHaveLength(1);
    expect(await deadLetters(service)).toEqual([]);
  });

  it('it is sent once when the server is back, after there was none', async () => {
    const port = Number(new URL(sink.url).port);
    await sink[Symbol.asyncDispose]();
    const { person } = await addSomebody();
    await expect.poll(lastError).toMatch(/ESOCKET|ECONNECTION/);
    sink = open.use(await startMailSink(port));
    await bringForward(service);
    await jobsDone(service);
    expect(sink.to(person.email)).toHaveLength(1);
  });
});

describe('A mail that the server refuses for good', () => {
  it.each([
    { at: 'RCPT TO', code: 550 },
    { at: 'DATA', code: 554 },
  ] as const)('is tried once, and kept as a failed operation: $code at $at', async (refusal) => {
    sink.refusal = refusal;
    const { person } = await addSomebody();
    await expect.poll(() => deadLetters(service)).toHaveLength(1);
    expect(sink.attempts).toBe(1);
    expect(await queuedJobs(service)).toEqual([]);
    expect(await deadLetters(service)).toMatchObject([
      {
        attempts: 1,
        error_message: expect.stringMatching(`refused for good: .*${refusal.code} ${refusal.at}`),
      },
    ]);
    expect(JSON.stringify([kept.entries, await deadLetters(service)])).not.toContain(person.email);
  });
});

describe('A mail that was taken and whose answer was lost', () => {
  it('is sent again with the same Message-ID', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    sink.answer = promise;
    const { person } = await addSomebody();
    await expect.poll(() => sink.to(person.email)).toHaveLength(1);
    // The service is told to stop, gives the job up, and another one takes over.
    await service.application.close();
    sink.answer = undefined;
    resolve();
    const env = { SMTP_URL: sink.url, MAIL_FROM: 'lightning@example.org', DATABASE_URL: service.databaseUrl };
    open.use(await startTestService(env));
    await bringForward(service);
    await jobsDone(service);

    const ids = sink.to(person.email).map((mail) => header(mail, 'message-id'));
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });
});
