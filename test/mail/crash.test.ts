import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobsDone, queuedJobs } from '../support/jobs.ts';
import { type MailSink, startMailSink } from '../support/mail-sink.ts';
import { aProject } from '../support/projects.ts';
import { header } from '../support/received-mail.ts';
import {
  aUser,
  MembersService,
  startTestService,
  type TestService,
  type TestUser,
  testSecret,
} from '../support/service.ts';
import { type ServiceProcess, startService } from '../support/service-process.ts';

const open = new AsyncDisposableStack();
let service: TestService;

/** Answers calls and does no jobs. */
beforeAll(async () => {
  service = open.use(await startTestService({ ROLES: 'rpc' }));
});

afterAll(() => open.disposeAsync());

async function addSomebody(): Promise<TestUser> {
  const [owner, person] = [await aUser(service), await aUser(service)];
  const { id: projectId } = await aProject(service, { owner });
  await service
    .client(MembersService, service.admin)
    .addMembers({ projectId, members: [{ userId: person.id }] });
  return person;
}

/** A process of its own that does jobs. */
async function startWorker(smtpUrl: string): Promise<ServiceProcess> {
  return open.use(
    await startService({
      ROLES: 'worker',
      DATABASE_URL: service.databaseUrl,
      AUTH_JWT_SECRET: testSecret,
      SMTP_URL: smtpUrl,
      MAIL_FROM: 'lightning@example.org',
    }),
  );
}

async function kill(process: ServiceProcess): Promise<void> {
  process.kill('SIGKILL');
  await process.ended;
}

// In order: what takes the place of the first worker is the next one to be killed.
describe('A worker that is killed', () => {
  let sink: MailSink;
  let next: ServiceProcess;

  it('before it could hand a mail over loses nothing: the next one sends it, once', async () => {
    const { promise: connected, resolve: connect } = Promise.withResolvers<Socket>();
    const silent = createServer(connect).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP listener has no port');
    const person = await addSomebody();
    expect(await queuedJobs(service)).toHaveLength(1);

    const first = await startWorker(`smtp://127.0.0.1:${address.port}`);
    const socket = await connected;
    await kill(first);
    socket.destroy();
    await once(silent.close(), 'close');
    sink = open.use(await startMailSink(address.port));
    next = await startWorker(sink.url);

    await jobsDone(service);
    expect(sink.to(person.email)).toHaveLength(1);
  });

  it('before it heard that a mail was taken lets the next one send it again, with the same Message-ID', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    sink.answer = promise;
    const person = await addSomebody();

    await expect.poll(() => sink.to(person.email)).toHaveLength(1);
    await kill(next);
    sink.answer = undefined;
    resolve();
    await startWorker(sink.url);

    await jobsDone(service);
    const ids = sink.to(person.email).map((mail) => header(mail, 'message-id'));
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });
});
