import type { Logger } from 'pino';
import type { ChangeOptions } from '../database/change.ts';
import type { Queries } from '../database/queries.ts';
import type { Snapshot } from '../database/snapshot.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { Access } from './access.ts';
import type { Principal } from './principal.ts';

/** One call as an RPC's file sees it, whichever listener it came through. */
export interface Call {
  /** `Service.Method`, e.g. `ProjectsService.GetProject`. */
  readonly method: string;
  readonly requestId: string;
  readonly principal: Principal;
  /** The person acting: the principal, or whom a service named in `actor_user_id`; null when it named nobody. */
  readonly actorId: string | null;
  /** Aborts when the deadline passes or the client goes away. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Reads outside a transaction; each query ends with the call. */
  readonly read: Queries;
  /** What the principal may do, project by project. */
  readonly access: Access;
  /**
   * One transaction: `work` may run again from the start after a serialization failure or a deadlock, so it must
   * touch nothing but the unit of work. The change's event and audit rows are written in the same transaction.
   */
  change<T>(work: (unit: UnitOfWork) => Promise<T>, options?: ChangeOptions): Promise<T>;
  /**
   * A read-only transaction whose statements all see one state of the database, for reads that need several.
   */
  snapshot<T>(work: (read: Queries) => Promise<T>): Promise<T>;
  /** The same for streams, of which only so many run at once: the transaction lasts until it is disposed of. */
  openSnapshot(): Promise<Snapshot>;
}
