import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { accessReader } from './database/access-reader.ts';
import { failureReason } from './database/failure-reason.ts';
import { FairPlaces } from './database/fair-places.ts';
import { openDatabase, STATEMENT_TIMEOUT_MS } from './database/open-database.ts';
import { Places } from './database/places.ts';
import { poolShares } from './database/pool-shares.ts';
import { Replicas } from './database/replicas.ts';
import { StreamPlaces } from './database/stream-places.ts';
import { type DatabaseHealth, watchHealth } from './database/watch-health.ts';
import { meetPeople } from './directory/meet-person.ts';
import { EventHub } from './events/event-hub.ts';
import { openFileStore } from './files/open-file-store.ts';
import { startJobRunner } from './jobs/job-runner.ts';
import { deleteWork, purgeWork } from './lifecycle/delete-work.ts';
import { SEND_MAIL } from './mail/mail-job.ts';
import { openMailTransport } from './mail/mail-transport.ts';
import { sendMail } from './mail/send-mail.ts';
import { provisioningRoutes } from './openfn/provisioning-routes.ts';
import { runOperation } from './operations/run-operation.ts';
import { RUN_OPERATION } from './operations/start-operation.ts';
import { clock, clockTasks } from './retention/clock.ts';
import { retentionWork } from './retention/retention-work.ts';
import { trimClock, trimTasks } from './retention/trim-records.ts';
import { authenticator } from './rpc/authenticate.ts';
import { CallsInFlight } from './rpc/calls-in-flight.ts';
import { gate } from './rpc/implement.ts';
import { LargeRequests } from './rpc/large-requests.ts';
import { pipeline } from './rpc/pipeline.ts';
import { services } from './services.ts';
import type { Address, Settings } from './settings.ts';
import { tokenSettings } from './token-settings.ts';
import { openGrpcListener } from './transport/grpc-listener.ts';
import { Health } from './transport/health.ts';
import { openHttpListener } from './transport/http-listener.ts';
import { defaultTransportLimits } from './transport/limits.ts';
import { callMetrics } from './transport/metrics.ts';
import { RenewedTls } from './transport/tls-renewal.ts';

/** What whoever runs the service has of it, be it one process or several. */
export interface Serving {
  readonly grpcAddress: Address;
  readonly httpAddress: Address;
  /**
   * Says NOT_SERVING, lets calls and jobs in flight end for at most `SHUTDOWN_GRACE_MS`, and closes everything
   * in the reverse order of its opening. May be called twice.
   */
  close(): Promise<void>;
  /** Calls back when the service cannot go on. */
  onFailure(listener: (reason: Error) => void): void;
}

/** The running service in this process. */
export interface Application extends Serving {
  readonly databaseUrl: string;
}

/** Milliseconds after its grace in which a call may still tell its client why, before its connection is cut off. */
const LAST_WORDS_MS = 250;

/**
 * Opens everything in order: database, rules of access, services, background jobs, listeners.
 *
 * @param registry takes the metrics of the calls, and is what `/metrics` shows
 * @throws StartupError when something that whoever runs it can put right is in the way
 */
export async function openApplication(
  settings: Settings,
  log: Logger,
  registry = new Registry(),
): Promise<Application> {
  await using undo = new AsyncDisposableStack();
  const tls = settings.tls === undefined ? undefined : undo.use(await RenewedTls.open(settings.tls, log));
  const tokens = await tokenSettings(settings);
  const database = undo.use(await openDatabase(settings, log));

  const { replicaUrls, poolSize } = settings.database;
  const shares = poolShares(poolSize);
  const held = new Places(shares.held);
  const replicas =
    replicaUrls.length === 0
      ? undefined
      : undo.use(
          await Replicas.open({
            urls: replicaUrls,
            primaryUrl: database.directUrl,
            poolMax: poolSize,
            statementTimeoutMs: STATEMENT_TIMEOUT_MS,
            log,
          }),
        );

  const files = await openFileStore(settings.files);
  undo.defer(() => files.close());

  const inFlight = new CallsInFlight();
  const calls = pipeline(database.orm, replicas, accessReader(database.pool), log, {
    authenticate: authenticator(tokens),
    meet: meetPeople(database.orm),
    defaultDeadlineMs: settings.defaultDeadlineMs,
    slowConsumerMs: settings.slowConsumerMs,
    streams: new StreamPlaces(new FairPlaces(shares.exports, held)),
    transactions: new FairPlaces(shares.transactions, held),
    inFlight,
    largeRequests: new LargeRequests(),
    observe: callMetrics(registry),
  });
  const events = new EventHub(database.orm.em.getKysely(), database.directUrl, log);
  undo.defer(() => events.close());
  const registrations = settings.roles.has('rpc')
    ? services(calls, {
        orm: database.orm,
        shares,
        files,
        purgeDeletedAfterDays: settings.purgeDeletedAfterDays,
        events,
      })
    : [];

  const health = new Health(registrations.map(({ service }) => service.typeName));
  let healthy = false;
  const watching = new AbortController();
  const watch = watchHealth(database.url, watching.signal, (state, failure, before) => {
    if (before !== undefined) tellHealth(log, state, failure);
    healthy = state !== 'silent';
    health.setServing(healthy);
  });
  undo.defer(async () => {
    watching.abort();
    await watch;
  });

  const mail = await openMailTransport(settings.mail);
  undo.defer(() => mail?.close());
  const works = {
    delete_project: deleteWork(files),
    purge_project: purgeWork(files),
    enforce_retention: retentionWork(files, settings.activityCleanupChunkSize),
  };
  const jobs = settings.roles.has('worker')
    ? startJobRunner({
        url: database.url,
        directUrl: database.pooled ? database.directUrl : undefined,
        tasks: {
          [SEND_MAIL]: sendMail(database.orm, mail, settings.publicUrl, log),
          [RUN_OPERATION]: runOperation(database.orm, works, log),
          ...clockTasks(database.orm),
          ...trimTasks(database.orm),
        },
        cron: [...clock(settings.purgeDeletedAfterDays), ...trimClock],
        log,
        graceMs: settings.shutdownGraceMs,
      })
    : undefined;
  undo.defer(() => jobs?.stop());

  const shared = { tls, services: registrations, gate: gate(calls), limits: defaultTransportLimits, log };
  const grpc = await openGrpcListener({
    ...shared,
    address: settings.grpcAddress,
    health,
    reflectionDescriptors: await readFile(new URL('./gen/descriptors.binpb', import.meta.url)),
  });
  undo.defer(() => grpc.drain(settings.shutdownGraceMs));
  const http = await openHttpListener({
    ...shared,
    address: settings.httpAddress,
    probes: { ready: () => healthy },
    metrics: registry,
    corsOrigins: settings.corsAllowedOrigins,
    routes: settings.roles.has('rpc') ? provisioningRoutes(calls, log) : undefined,
  });
  undo.defer(() => http.drain(settings.shutdownGraceMs));

  const stack = undo.move();
  async function stop(): Promise<void> {
    const { shutdownGraceMs: graceMs } = settings;
    const lastWords = setTimeout(() => inFlight.end(), graceMs);
    const cutOffMs = graceMs + LAST_WORDS_MS;
    await Promise.all([events.close(), grpc.drain(cutOffMs), http.drain(cutOffMs), jobs?.stop()]);
    clearTimeout(lastWords);
    await stack.disposeAsync();
  }
  let closing: Promise<void> | undefined;
  return {
    grpcAddress: grpc.address,
    httpAddress: http.address,
    databaseUrl: database.url,
    close: () => {
      closing ??= stop();
      return closing;
    },
    onFailure: (listener) => database.onLoss(listener),
  };
}

function tellHealth(log: Logger, health: DatabaseHealth, failure: unknown): void {
  const reason = failureReason(failure);
  if (health === 'answers') log.info('the database answers again');
  else if (health === 'refuses') log.warn({ reason }, 'the database refuses further sessions');
  else log.warn({ reason }, 'the database does not answer');
}
