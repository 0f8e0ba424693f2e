import { z } from 'zod';
import { address, fileStoreUrl, listOf, urlOf, wholeNumber } from './setting-values.ts';

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const roles = ['rpc', 'worker'] as const;

const documentation = z.registry<{
  readonly meaning: string;
  /** What happens without it, where there is no default. */
  readonly unset?: string;
  /** Its value never appears in a message. */
  readonly secret?: true;
}>();

/** The most processes of one service. */
export const MOST_WORKERS = 256;

const text = z.string();
const postgresUrl = urlOf('postgres', 'postgresql');
const rolesError = 'must be rpc, worker or both, comma separated';

/** Every setting by the name of its environment variable. What they mean for each other: `settings.ts`. */
export const variables = z.object({
  GRPC_ADDRESS: address
    .prefault('127.0.0.1:50051')
    .register(documentation, { meaning: 'Native gRPC listener, `host:port`; port 0 takes a free one.' }),
  HTTP_ADDRESS: address.prefault('127.0.0.1:8080').register(documentation, {
    meaning: 'Listener of Connect, gRPC-Web, `/healthz`, `/readyz`, `/metrics` and `/api/provision`.',
  }),
  DATABASE_URL: postgresUrl.optional().register(documentation, {
    meaning: 'PostgreSQL 15 or newer, whose user may create a schema.',
    unset: 'the embedded PostgreSQL in `DATA_DIR`',
    secret: true,
  }),
  DATABASE_DIRECT_URL: postgresUrl.optional().register(documentation, {
    meaning:
      'The same database without a pooler. When it is set, `DATABASE_URL` may be a PgBouncer in transaction mode.',
    unset: '`DATABASE_URL`',
    secret: true,
  }),
  DATABASE_REPLICA_URLS: listOf(postgresUrl).prefault('').register(documentation, {
    meaning: 'Read replicas of `DATABASE_URL`, comma separated.',
    unset: 'reads go to `DATABASE_URL`',
    secret: true,
  }),
  DATABASE_POOL_SIZE: wholeNumber(1, 1000).prefault('10').register(documentation, {
    meaning:
      'Most connections of each process to each database; exports that are being read hold half of them at most, changes and comparisons all but two; one person half of that.',
  }),
  DATA_DIR: text
    .prefault('.data')
    .register(documentation, { meaning: 'Directory of the embedded PostgreSQL and of generated secrets.' }),
  FILE_STORE_URL: fileStoreUrl.optional().register(documentation, {
    meaning:
      'Where the bytes of project files are: `file:///folder`, or `s3://bucket/prefix?region=…&endpoint=…` with credentials as the AWS SDK finds them.',
    unset: 'the folder `files` in `DATA_DIR`',
    secret: true,
  }),
  AUTH_JWT_SECRET: text
    .refine((secret) => Buffer.byteLength(secret) >= 32, 'must be at least 32 bytes long')
    .optional()
    .register(documentation, {
      meaning:
        'Secret that tokens are signed with (HS256), at least 32 bytes. Not together with `AUTH_JWKS_URL`.',
      unset: 'without `AUTH_JWKS_URL` a secret is generated, and only loopback addresses are allowed',
      secret: true,
    }),
  AUTH_JWKS_URL: urlOf('https', 'http').optional().register(documentation, {
    meaning: 'Where the keys are published that tokens are signed with.',
    unset: '`AUTH_JWT_SECRET`',
  }),
  AUTH_ISSUER: text
    .optional()
    .register(documentation, { meaning: '`iss` that a token must have.', unset: 'any' }),
  AUTH_AUDIENCE: text
    .optional()
    .register(documentation, { meaning: '`aud` that a token must have.', unset: 'any' }),
  ROLES: listOf(z.enum(roles, rolesError))
    .refine((list) => list.length > 0, rolesError)
    .prefault('rpc,worker')
    .register(documentation, {
      meaning:
        'What this process does: `rpc` answers calls, `worker` runs background jobs. Health and metrics it always has.',
    }),
  WORKERS: wholeNumber(1, MOST_WORKERS).optional().register(documentation, {
    meaning: 'Processes that share both addresses, `ROLES` and the work: one for each core that it may use.',
    unset: '`1`; where `NODE_ENV` is `production` one for each core',
  }),
  PURGE_DELETED_AFTER_DAYS: wholeNumber(0, 36_500, 'days').optional().register(documentation, {
    meaning: 'Days from a scheduled deletion until the project is purged.',
    unset: 'due at once, never purged automatically',
  }),
  ACTIVITY_CLEANUP_CHUNK_SIZE: wholeNumber(1, 100_000)
    .prefault('500')
    .register(documentation, { meaning: 'Rows that one step of the history clean-up deletes.' }),
  SMTP_URL: urlOf('smtp', 'smtps').optional().register(documentation, {
    meaning: 'Server that mails are sent through. Needs `MAIL_FROM`.',
    unset: 'mails are logged, not sent',
    secret: true,
  }),
  MAIL_FROM: text
    .regex(
      /^(?:[^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/,
      'must be an e-mail address, or a name and an address in <>',
    )
    .optional()
    .register(documentation, { meaning: 'Sender of mails.', unset: 'no sender' }),
  PUBLIC_URL: urlOf('https', 'http').prefault('http://localhost:4000').register(documentation, {
    meaning: 'Where people open Lightning: links in mails begin with it.',
  }),
  TLS_CERT_FILE: text.optional().register(documentation, {
    meaning: 'Certificate chain of both listeners (PEM). Needs `TLS_KEY_FILE`.',
    unset: 'plaintext',
  }),
  TLS_KEY_FILE: text.optional().register(documentation, {
    meaning: 'Private key of `TLS_CERT_FILE` (PEM).',
    unset: 'plaintext',
  }),
  TLS_CLIENT_CA_FILE: text.optional().register(documentation, {
    meaning: 'Authorities one of which must have signed the certificate of a client (PEM): mTLS.',
    unset: 'clients show no certificate',
  }),
  LOG_LEVEL: z
    .enum(logLevels, `must be one of ${logLevels.join(', ')}`)
    .prefault('info')
    .register(documentation, { meaning: `Least level that is logged: ${logLevels.join(', ')}.` }),
  DEFAULT_DEADLINE_MS: wholeNumber(1, 3_600_000, 'milliseconds')
    .prefault('30000')
    .register(documentation, { meaning: 'Deadline of a unary call that names none, in milliseconds.' }),
  SLOW_CONSUMER_MS: wholeNumber(1, 3_600_000, 'milliseconds').prefault('60000').register(documentation, {
    meaning: 'How long a client may take for each message of a stream before it is closed, in milliseconds.',
  }),
  CORS_ALLOWED_ORIGINS: listOf(
    text.refine(
      (origin) => URL.canParse(origin) && new URL(origin).origin === origin,
      'must be origins such as https://app.example.org, comma separated',
    ),
  )
    .optional()
    .register(documentation, {
      meaning: 'Origins whose pages may call the HTTP listener, comma separated.',
      unset: 'loopback origins',
    }),
  SHUTDOWN_GRACE_MS: wholeNumber(0, 600_000, 'milliseconds').prefault('2000').register(documentation, {
    meaning:
      'How long calls and jobs in flight may go on after the service was told to stop, in milliseconds.',
  }),
});

export type LogLevel = (typeof logLevels)[number];
export type Role = (typeof roles)[number];

/** Whether the value of a setting must stay out of messages. */
export function isSecret(name: string): boolean {
  return Object.entries(variables.shape).some(
    ([it, schema]) => it === name && documentation.get(schema)?.secret === true,
  );
}

/** One row for each setting, in the order of the documentation: what the README's table must say. */
export const settingsTable: readonly {
  readonly name: string;
  /** The text that stands for an unset variable, or in words what happens then. */
  readonly default: string;
  readonly meaning: string;
}[] = Object.entries(variables.shape).map(([name, schema]) => {
  const { meaning = '', unset } = documentation.get(schema) ?? {};
  const fallback = schema instanceof z.ZodPrefault ? `\`${schema.def.defaultValue}\`` : '';
  return { name, default: unset === undefined ? fallback : `unset: ${unset}`, meaning };
});
