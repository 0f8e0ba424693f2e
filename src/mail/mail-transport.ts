import { HopelessJob, JobFailure } from '../jobs/job-task.ts';
import type { Settings } from '../settings.ts';
import { htmlOf, type MailBody, oneLine, textOf } from './mail-body.ts';

/** A mail to one person. */
export interface Mail {
  /** An e-mail address. */
  readonly to: string;
  readonly subject: string;
  readonly body: MailBody;
}

/** The way to the mail server. */
export interface MailTransport {
  /**
   * Hands a mail over to the mail server. Throws a {@link JobFailure}, hopeless where the server refused this
   * mail for good; when `signal` aborts meanwhile, it may have been taken all the same.
   *
   * @param id what is unique about the mail; its Message-ID is made of it
   */
  send(mail: Mail, id: string, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Milliseconds for the server to answer, at the beginning and then each time. */
const CONNECT_MS = 10_000;
const ANSWER_MS = 30_000;
/** Milliseconds that an idle connection is kept for the next mail. */
const IDLE_MS = 5000;

/** Opens connections to the server as mails need them; undefined when the settings name none. */
export async function openMailTransport(settings: Settings['mail']): Promise<MailTransport | undefined> {
  if (settings === undefined) return undefined;
  // Who sends no mail does without nodemailer in memory.
  const { createTransport } = await import('nodemailer');
  const { smtpUrl, from } = settings;
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: ANSWER_MS,
    idleTimeout: IDLE_MS,
    // An attempt is one: trying again is the job's.
    maxRequeues: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([^@>]+)>?$/.exec(from)?.[1] ?? 'localhost';
  return {
    async send({ to, subject, body }, id, signal) {
      try {
        await transport.sendMail({
          from,
          // Names of people stay out of headers.
          to: { name: '', address: to },
          subject: oneLine(subject),
          text: textOf(body),
          html: htmlOf(body),
          messageId: `<${id}@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
          signal,
        });
      } catch (error) {
        throw failureOf(error);
      }
    },
    close: () => transport.close(),
  };
}

/** What nodemailer says of a failure beside its message, which quotes addresses. */
interface SmtpError {
  readonly code?: unknown;
  readonly command?: unknown;
  readonly responseCode?: unknown;
}

function failureOf(error: unknown): JobFailure {
  const { code, command, responseCode }: SmtpError = Object(error);
  const said = [code ?? 'unknown', responseCode, command].filter((part) => part !== undefined).join(' ');
  return isFinal({ code, command, responseCode })
    ? new HopelessJob(`the mail was refused for good: ${said}`)
    : new JobFailure(`the mail could not be handed over: ${said}`);
}

/**
 * A refusal of the recipient or of the mail itself. What is wrong with the server or its settings may be
 * mended.
 */
function isFinal({ code, command, responseCode }: SmtpError): boolean {
  if (typeof responseCode !== 'number') return code === 'EENVELOPE';
  return responseCode >= 500 && (command === 'RCPT TO' || command === 'DATA');
}
