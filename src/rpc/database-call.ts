import type { MikroORM } from '@mikro-orm/postgresql';
import type { AccessReader } from '../call/access.ts';
import type { Call } from '../call/call.ts';
import { CONSISTENCY_TOKEN, writeConsistencyToken } from '../call/consistency-token.ts';
import { accessReaderIn } from '../database/access-reader.ts';
import { type ChangeOptions, runChange } from '../database/change.ts';
import type { FairPlaces } from '../database/fair-places.ts';
import { Queries } from '../database/queries.ts';
import type { Replicas } from '../database/replicas.ts';
import { openSnapshot, runSnapshot, type Snapshot } from '../database/snapshot.ts';
import type { StreamPlaces } from '../database/stream-places.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { OpenCall } from './open-call.ts';

/** What all calls share. */
export interface SharedDatabase {
  /** Where changes go. */
  readonly orm: MikroORM;
  /** After a change their answer has a token by which the caller is sure to read it. */
  readonly replicas: Replicas | undefined;
  readonly streams: StreamPlaces;
  readonly transactions: FairPlaces;
}

/** A call that has passed the interceptors. A class, since a handful of closures for each call is felt in a small one. */
export class DatabaseCall implements Call {
  readonly method: Call['method'];
  readonly requestId: Call['requestId'];
  readonly principal: Call['principal'];
  readonly actorId: Call['actorId'];
  readonly log: Call['log'];
  readonly access: Call['access'];
  readonly #open: OpenCall;
  readonly #source: MikroORM;
  readonly #database: SharedDatabase;
  #read: Queries | undefined;

  /** @param source what it reads from: the database itself, or a replica */
  constructor(open: OpenCall, source: MikroORM, database: SharedDatabase) {
    const { identity, access, method, requestId, log, actorUserId } = open;
    if (identity === undefined || access === undefined)
      throw new Error(`${method} was reached without authentication`);
    const { principal } = identity;
    this.method = method;
    this.requestId = requestId;
    this.principal = principal;
    this.actorId = principal.kind === 'user' ? principal.userId : (actorUserId ?? null);
    this.log = log;
    this.access = access;
    this.#open = open;
    this.#source = source;
    this.#database = database;
  }

  get signal(): AbortSignal {
    return this.#open.signal;
  }

  /** Made when somebody asks: what authorization has brought along is not asked for again. */
  get read(): Queries {
    this.#read ??= new Queries(this.#source.em.getKysely(), this.signal);
    return this.#read;
  }

  async change<T>(work: (unit: UnitOfWork) => Promise<T>, options?: ChangeOptions): Promise<T> {
    const { actorId, method, principal, requestId, signal } = this;
    const { orm, replicas } = this.#database;
    const service = principal.kind === 'service' ? principal.subject : null;
    // What a service may do depends on nothing that a transaction could see.
    const confirm =
      principal.kind === 'service'
        ? undefined
        : (db: Queries) => confirmAccess(this.#open, accessReaderIn(db));
    const author = { actorId, service, method, requestId };
    const answer = await this.#inPlace(() => runChange(orm, author, signal, work, { ...options, confirm }));
    if (replicas !== undefined && options?.validateOnly !== true) await giveToken(this.#open, replicas);
    return answer;
  }

  snapshot<T>(work: (read: Queries) => Promise<T>): Promise<T> {
    return this.#inPlace(() => runSnapshot(this.#source, this.signal, work));
  }

  openSnapshot(): Promise<Snapshot> {
    const { principal, signal } = this;
    return this.#database.streams.open(principal, signal, () => openSnapshot(this.#source, signal));
  }

  async #inPlace<T>(work: () => Promise<T>): Promise<T> {
    using _place = await this.#database.transactions.take(this.principal, this.signal);
    return await work();
  }
}

async function confirmAccess(
  { confirmAccess: confirm, method }: OpenCall,
  reader: AccessReader,
): Promise<void> {
  if (confirm === undefined) throw new Error(`${method} changes something and was not authorized`);
  await confirm(reader);
}

/** Tells the caller of a change how far whoever reads it must have got. */
async function giveToken({ context, log }: OpenCall, replicas: Replicas): Promise<void> {
  try {
    context.responseHeader.set(CONSISTENCY_TOKEN, writeConsistencyToken(await replicas.position()));
  } catch (error) {
    // The change was committed: that must not seem to have failed.
    log.warn({ err: error }, 'a change has no consistency token');
  }
}
