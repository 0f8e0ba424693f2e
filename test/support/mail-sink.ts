import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerError } from 'smtp-server';
import { type ReceivedMail, readMail } from './received-mail.ts';

/** A refusal of every mail, at one of the steps of its way. */
export interface MailRefusal {
  readonly at: 'RCPT TO' | 'DATA';
  readonly code: number;
  /** As real servers do, it quotes the address. */
  readonly quoting?: string;
}

/** A mail server that keeps what it gets. */
export interface MailSink extends AsyncDisposable {
  /** For SMTP_URL. */
  readonly url: string;
  /** What it took, in order. */
  readonly mails: readonly ReceivedMail[];
  /** Those to one address. */
  to(address: string): ReceivedMail[];
  /** How often somebody wanted to send a mail. */
  readonly attempts: number;
  /** Set: no mail is taken. */
  refusal: MailRefusal | undefined;
  /** Set: after a mail was taken its sender waits for the answer until this is resolved. */
  answer: Promise<void> | undefined;
}

/** Starts a mail server on loopback, on a port of its own or on the one given. */
export async function startMailSink(port = 0): Promise<MailSink> {
  const mails: ReceivedMail[] = [];
  let attempts = 0;
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onMailFrom(_address, _session, done) {
      attempts += 1;
      done();
    },
    onRcptTo(_address, _session, done) {
      done(refusalAt('RCPT TO'));
    },
    onData(stream, session, done) {
      void text(stream).then(async (raw) => {
        const refused = refusalAt('DATA');
        if (refused === undefined)
          mails.push(
            readMail(
              raw,
              session.envelope.rcptTo.map(({ address }) => address),
            ),
          );
        await sink.answer;
        done(refused);
      });
    },
  });
  // A client that is killed while it talks.
  server.on('error', () => {});
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has no port');

  const sink: MailSink = {
    url: `smtp://127.0.0.1:${address.port}`,
    mails,
    to: (wanted) => mails.filter(({ recipients }) => recipients.includes(wanted)),
    get attempts() {
      return attempts;
    },
    refusal: undefined,
    answer: undefined,
    async [Symbol.asyncDispose]() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(resolve);
      await promise;
    },
  };
  return sink;

  function refusalAt(step: MailRefusal['at']): SMTPServerError | undefined {
    const { refusal } = sink;
    if (refusal?.at !== step) return undefined;
    return Object.assign(new Error(`not here ${refusal.quoting ?? ''}`), { responseCode: refusal.code });
  }
}
