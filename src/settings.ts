import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { type Address, type FileStoreLocation, isLoopback } from './setting-values.ts';
import { isSecret, type LogLevel, MOST_WORKERS, type Role, variables } from './setting-variables.ts';
import { StartupError } from './startup-error.ts';

export type { Address, FileStoreLocation } from './setting-values.ts';
export { type LogLevel, type Role, settingsTable } from './setting-variables.ts';

/**
 * What tokens are verified with. `generated`: a secret that the service makes and keeps in the data
 * directory.
 */
export type TokenKey =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'jwks'; readonly url: string }
  | { readonly kind: 'generated' };

/** The environment as one typed value. */
export interface Settings {
  readonly grpcAddress: Address;
  readonly httpAddress: Address;
  readonly database: {
    /** Undefined: the embedded PostgreSQL. */
    readonly url: string | undefined;
    /** Set: the way past the pooler that `url` leads to, whose sessions are shared. */
    readonly directUrl: string | undefined;
    readonly replicaUrls: readonly string[];
    readonly poolSize: number;
  };
  /** Absolute. */
  readonly dataDir: string;
  readonly files: FileStoreLocation;
  readonly auth: {
    readonly key: TokenKey;
    readonly issuer: string | undefined;
    readonly audience: string | undefined;
  };
  readonly roles: ReadonlySet<Role>;
  /** Processes that share the work. */
  readonly workers: number;
  /** Undefined: deleted projects are due at once and never purged automatically. */
  readonly purgeDeletedAfterDays: number | undefined;
  readonly activityCleanupChunkSize: number;
  /** Undefined: mails are logged, not sent. */
  readonly mail: { readonly smtpUrl: string; readonly from: string } | undefined;
  /** Where people open Lightning, without a slash at its end. */
  readonly publicUrl: string;
  /** Undefined: plaintext. */
  readonly tls: TlsFiles | undefined;
  readonly logLevel: LogLevel;
  /** For a unary call that names no deadline. */
  readonly defaultDeadlineMs: number;
  /** Within which a client must take each message of a stream. */
  readonly slowConsumerMs: number;
  readonly corsAllowedOrigins: readonly string[] | 'loopback';
  readonly shutdownGraceMs: number;
}

/** Paths of PEM files. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Set: clients must show a certificate that one of these authorities signed. */
  readonly clientCaFile: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings; {@link settingsTable} lists them with their defaults. A variable that is empty or blank
 * counts as unset, so that a line of `.env` can be emptied.
 *
 * @throws StartupError with one line for each bad setting, all of them at once, secrets left out.
 */
export function readSettings(env: Environment): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
  const { data, error } = variables.safeParse(given);
  const problems = new Map(contradictions(given));
  for (const { path, message } of error?.issues ?? []) {
    const name = String(path[0]);
    problems.set(name, isSecret(name) ? message : `${message}, not ${JSON.stringify(given[name])}`);
  }
  if (problems.size > 0 || data === undefined) {
    throw new StartupError([...problems].map(([name, problem]) => `${name} ${problem}`).join('\n'));
  }
  const { SMTP_URL: smtpUrl, MAIL_FROM: from, TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile } = data;
  return {
    grpcAddress: data.GRPC_ADDRESS,
    httpAddress: data.HTTP_ADDRESS,
    database: {
      url: data.DATABASE_URL,
      directUrl: data.DATABASE_DIRECT_URL,
      replicaUrls: data.DATABASE_REPLICA_URLS,
      poolSize: data.DATABASE_POOL_SIZE,
    },
    dataDir: resolve(data.DATA_DIR),
    files: data.FILE_STORE_URL ?? {
      kind: 'folder',
      path: join(resolve(data.DATA_DIR), 'files'),
      mustExist: false,
    },
    auth: { key: tokenKey(data), issuer: data.AUTH_ISSUER, audience: data.AUTH_AUDIENCE },
    roles: new Set(data.ROLES),
    workers:
      data.WORKERS ?? (given.NODE_ENV === 'production' ? Math.min(availableParallelism(), MOST_WORKERS) : 1),
    purgeDeletedAfterDays: data.PURGE_DELETED_AFTER_DAYS,
    activityCleanupChunkSize: data.ACTIVITY_CLEANUP_CHUNK_SIZE,
    mail: smtpUrl !== undefined && from !== undefined ? { smtpUrl, from } : undefined,
    publicUrl: data.PUBLIC_URL.replace(/\/+$/, ''),
    tls:
      certFile !== undefined && keyFile !== undefined
        ? { certFile, keyFile, clientCaFile: data.TLS_CLIENT_CA_FILE }
        : undefined,
    logLevel: data.LOG_LEVEL,
    defaultDeadlineMs: data.DEFAULT_DEADLINE_MS,
    slowConsumerMs: data.SLOW_CONSUMER_MS,
    corsAllowedOrigins: data.CORS_ALLOWED_ORIGINS ?? 'loopback',
    shutdownGraceMs: data.SHUTDOWN_GRACE_MS,
  };
}

function tokenKey(data: {
  readonly AUTH_JWT_SECRET?: string | undefined;
  readonly AUTH_JWKS_URL?: string | undefined;
}): TokenKey {
  if (data.AUTH_JWT_SECRET !== undefined) return { kind: 'secret', secret: data.AUTH_JWT_SECRET };
  if (data.AUTH_JWKS_URL !== undefined) return { kind: 'jwks', url: data.AUTH_JWKS_URL };
  return { kind: 'generated' };
}

/** What is wrong with settings as a set, by the name of the setting to change. */
function* contradictions(given: Environment): Generator<[name: string, problem: string]> {
  const has = (name: keyof typeof variables.shape) => given[name] !== undefined;

  if (has('AUTH_JWT_SECRET') && has('AUTH_JWKS_URL')) {
    yield ['AUTH_JWKS_URL', 'cannot be used together with AUTH_JWT_SECRET'];
  }
  if (!has('AUTH_JWT_SECRET') && !has('AUTH_JWKS_URL')) {
    for (const name of ['GRPC_ADDRESS', 'HTTP_ADDRESS'] as const) {
      const { data } = variables.shape[name].safeParse(given[name]);
      if (data !== undefined && !isLoopback(data)) {
        yield [
          name,
          `may leave loopback only with AUTH_JWT_SECRET or AUTH_JWKS_URL, not ${JSON.stringify(given[name])}`,
        ];
      }
    }
  }
  if (has('DATABASE_DIRECT_URL') && !has('DATABASE_URL')) {
    yield ['DATABASE_DIRECT_URL', 'needs DATABASE_URL: the embedded PostgreSQL has no pooler'];
  }
  if (has('DATABASE_REPLICA_URLS') && !has('DATABASE_URL')) {
    yield ['DATABASE_REPLICA_URLS', 'needs DATABASE_URL: the embedded PostgreSQL has no replicas'];
  }
  if (has('SMTP_URL') && !has('MAIL_FROM')) yield ['MAIL_FROM', 'must be set when SMTP_URL is'];
  if (has('TLS_CERT_FILE') && !has('TLS_KEY_FILE')) {
    yield ['TLS_KEY_FILE', 'must be set when TLS_CERT_FILE is'];
  }
  if (has('TLS_KEY_FILE') && !has('TLS_CERT_FILE')) {
    yield ['TLS_CERT_FILE', 'must be set when TLS_KEY_FILE is'];
  }
  if (has('TLS_CLIENT_CA_FILE') && !has('TLS_CERT_FILE') && !has('TLS_KEY_FILE')) {
    yield ['TLS_CLIENT_CA_FILE', 'needs TLS_CERT_FILE and TLS_KEY_FILE'];
  }
}
