import { setTimeout as pause } from 'node:timers/promises';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import { Failure } from '../call/failure.ts';
import { StartupError } from '../startup-error.ts';
import { isUnavailable } from './failures.ts';
import { openOrm } from './orm.ts';
import { ReplicationWatch, type Standing } from './replication-watch.ts';
import { sqlState } from './sql-state.ts';

/** Milliseconds between two looks at how far the replicas are. */
const LOOK_MS = 200;
/** Milliseconds of changes that a replica may lack and still answer. */
const MOST_LAG_MS = 10_000;

export interface ReplicaOptions {
  readonly urls: readonly string[];
  /** Of the primary, past any pooler. */
  readonly primaryUrl: string;
  /** The most connections to each replica. */
  readonly poolMax: number;
  readonly statementTimeoutMs: number;
  readonly log: Logger;
}

interface Replica {
  readonly orm: MikroORM;
  readonly watch: ReplicationWatch;
  /** How far it was when it was asked last; undefined while it does not answer, or is not to be asked. */
  position: bigint | undefined;
  /** Why it is not to be asked, as far as it has been told. */
  unfit: string | undefined;
}

/** Where the primary was at a time. */
interface Milestone {
  readonly at: number;
  readonly position: bigint;
}

/**
 * The read replicas of a database. How far each has replayed the primary's log is looked at again and again, so that
 * choosing one costs no round trip. A replica that does not answer, or lacks more than ten seconds of changes, is left
 * out until it is well again.
 */
export class Replicas implements AsyncDisposable {
  readonly #replicas: readonly Replica[];
  readonly #primary: ReplicationWatch;
  readonly #own: Standing;
  readonly #log: Logger;
  readonly #over = new AbortController();
  readonly #looking: Promise<void>;
  #milestones: readonly Milestone[] = [];
  #turn = 0;

  private constructor(replicas: readonly Replica[], primary: ReplicationWatch, own: Standing, log: Logger) {
    this.#replicas = replicas;
    this.#primary = primary;
    this.#own = own;
    this.#log = log;
    this.#looking = this.#lookOn();
  }

  /**
   * Opens connections to all of them. One that cannot be reached may come later, if it is a standby then.
   *
   * @throws StartupError when a server is no standby of the primary, or the primary does not answer
   */
  static async open({ urls, primaryUrl, log, ...options }: ReplicaOptions): Promise<Replicas> {
    await using undo = new AsyncDisposableStack();
    const primary = undo.use(new ReplicationWatch(primaryUrl));
    const own = await primary.ask().catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new StartupError(
        `DATABASE_REPLICA_URLS needs to know how far the primary is, which does not answer: ${reason}`,
        { cause },
      );
    });
    const replicas: Replica[] = [];
    for (const [index, url] of urls.entries()) {
      const watch = undo.use(new ReplicationWatch(url));
      const standing = await watch.ask().catch((error: unknown) => {
        log.warn(
          { err: error, replica: index + 1 },
          'a read replica does not answer; the primary does its work',
        );
        return undefined;
      });
      const unfit = standing === undefined ? undefined : unfitness(standing, own);
      if (unfit !== undefined) throw new StartupError(`DATABASE_REPLICA_URLS: number ${index + 1} ${unfit}`);
      const orm = await openOrm({
        ...options,
        url,
        applicationName: 'lightning-projects',
        log: (message) => log.warn(message),
      });
      undo.defer(() => orm.close(true));
      replicas.push({ orm, watch, position: undefined, unfit: undefined });
    }
    undo.move();
    return new Replicas(replicas, primary, own, log);
  }

  /**
   * One that has replayed the primary's log up to `position`, each in turn; undefined when there is none: then the
   * primary has to answer. Without a position any will do that is not too far behind.
   */
  choose(position: bigint = 0n): MikroORM | undefined {
    const [oldest] = this.#milestones;
    if (oldest === undefined) return undefined;
    const needed = position > oldest.position ? position : oldest.position;
    const able = this.#replicas.filter((one) => one.position !== undefined && one.position >= needed);
    this.#turn += 1;
    return able[this.#turn % able.length]?.orm;
  }

  /** Where the primary's log ends: whoever has replayed so far has everything that was committed before. */
  async position(): Promise<bigint> {
    return (await this.#primary.ask()).position;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#looking;
    await this.#primary[Symbol.asyncDispose]();
    for (const { orm, watch } of this.#replicas) {
      await watch[Symbol.asyncDispose]();
      await orm.close(true);
    }
  }

  async #lookOn(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      await this.#look();
      await pause(LOOK_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #look(): Promise<void> {
    const at = performance.now();
    const primary = await this.#primary.ask().catch(() => undefined);
    const recent = this.#milestones.filter((one) => at - one.at < MOST_LAG_MS);
    // While the primary does not answer nobody can say how far a replica is behind, and nothing new is written.
    if (primary !== undefined) this.#milestones = [...recent, { at, position: primary.position }];
    await Promise.all(
      this.#replicas.map(async (replica, index) => {
        const standing = await replica.watch.ask().catch(() => undefined);
        if (standing === undefined) replica.position = undefined;
        else this.#judge(replica, index + 1, standing);
      }),
    );
  }

  /** It may have been promoted since the start, or another server come to its address. */
  #judge(replica: Replica, number: number, standing: Standing): void {
    const unfit = unfitness(standing, this.#own);
    replica.position = unfit === undefined ? standing.position : undefined;
    if (unfit !== undefined && unfit !== replica.unfit)
      this.#log.warn({ replica: number }, `a read replica ${unfit}; the primary does its work`);
    replica.unfit = unfit;
  }
}

/** Why a server may not answer for the primary; undefined when it may. */
function unfitness(standing: Standing, primary: Standing): string | undefined {
  if (!standing.isStandby) return 'is not a standby: it takes writes itself';
  if (standing.system !== primary.system || standing.database !== primary.database)
    return 'is a standby of another server or another database than DATABASE_URL';
  return undefined;
}

/**
 * Whether a replica failed at what the primary can do: replaying came in between, the connection was lost or refused, or
 * what was asked for has not come there yet.
 */
export function isReplicaFailure(error: unknown): boolean {
  if (error instanceof Failure) return error.kind === 'not_found';
  const state = sqlState(error);
  return state === undefined || state === '40001' || isUnavailable(state);
}
