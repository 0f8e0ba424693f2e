import type { ChangeSet, EntityManager } from '@mikro-orm/postgresql';
import { ChangeSetType, helper } from '@mikro-orm/postgresql';
import { type QueryExecutorProvider, sql } from 'kysely';
import { addJobs, type QueuedJob } from './add-jobs.ts';
import type { EventKind } from './event-kinds.ts';
import { Queries } from './queries.ts';
import { v7 as uuid } from './uuid.ts';

/** What happened, told once; the unit of work writes it as the event and as the audit row. */
export interface Happening {
  readonly kind: EventKind;
  /** Null for changes that belong to no project, e.g. of people. */
  readonly projectId: string | null;
  /** What was changed: a table's name in the singular, e.g. `project`, and the row's id. */
  readonly itemType: string;
  readonly itemId: string;
  /**
   * Before and after of the changed fields. Left out: what MikroORM's change sets say of the item.
   */
  readonly changes?: Readonly<Record<string, unknown>>;
}

/** Who and what a change is written down for. */
export interface Author {
  /** The person acting; null when a service acts for nobody. */
  readonly actorId: string | null;
  /** The service's subject when a service acts. */
  readonly service: string | null;
  readonly method: string;
  readonly requestId: string;
}

/** Throws when whoever changes may not do so any more, by what a transaction sees. */
export type Confirm = (db: Queries) => Promise<void>;

/**
 * One change: entities through `em`, set-wise SQL through `db`, both in the same transaction.
 *
 * A unit of work that wrote anything must have recorded what happened before it settles; otherwise it throws
 * and the transaction is rolled back. So no change can reach the database without its event and its audit
 * row.
 */
export class UnitOfWork {
  readonly em: EntityManager;
  readonly db: Queries;
  /** The time of the change, for every row it writes. */
  readonly now: Date;
  /** Who changes, and by which call. */
  readonly author: Author;
  readonly #happenings: (Happening & { readonly id: string })[] = [];
  readonly #jobs: QueuedJob[] = [];
  readonly #changes = new Map<string, Changes>();
  readonly #confirm: Confirm | undefined;
  #wrote = false;
  #goesOn = false;

  /** @param em a fresh one, with an event manager of its own; it works in the transaction from now on */
  constructor(
    em: EntityManager,
    transaction: QueryExecutorProvider,
    author: Author,
    signal: AbortSignal,
    now: Date,
    confirm?: Confirm,
  ) {
    this.em = em;
    this.#confirm = confirm;
    this.now = now;
    this.author = author;
    this.db = new Queries(transaction, signal, (sql, rowsWritten) => this.#noticeWrite(sql, rowsWritten));
    em.setTransactionContext(new Queries(transaction, signal));
    em.getEventManager().registerSubscriber({ onFlush: ({ uow }) => this.#noticeFlush(uow.getChangeSets()) });
  }

  /**
   * Throws when the caller is no longer allowed what it was allowed before the transaction began. To be asked once what
   * is to be changed is locked: who waited for the lock may have waited for the change that took the right away.
   */
  async confirmAccess(): Promise<void> {
    await this.#confirm?.(this.db);
  }

  /** Whether the entity differs from its row. */
  hasChanges(entity: object): boolean {
    // The unit of work's own way to find out would count the changes as flushed.
    const { __originalEntityData: before, __meta: meta } = helper(entity);
    if (before === undefined) return true;
    const comparator = this.em.getComparator();
    return (
      Object.keys(comparator.diffEntities(meta.class, before, comparator.prepareEntity(entity))).length > 0
    );
  }

  /** Tells what happened; answers the id of its audit row. */
  record(happening: Happening): string {
    const id = uuid(this.now);
    this.#happenings.push({ ...happening, id });
    return id;
  }

  /** Whether the change tells of anything. */
  get hasEvents(): boolean {
    return this.#happenings.length > 0;
  }

  /** Queues a job that begins once the change has been committed, and never if it is rolled back. */
  addJob(
    task: string,
    payload: object,
    options: { readonly attempts: number; readonly key?: string; readonly afterMs?: number },
  ): void {
    const { attempts, key = null, afterMs = 0 } = options;
    this.#jobs.push({ task, payload, attempts, key, afterMs });
  }

  /**
   * Says that this transaction carries out what another one recorded: it is a batch of the deletion of a project, which
   * was told when it began. It needs no happening of its own.
   */
  goOn(): void {
    this.#goesOn = true;
  }

  /**
   * Writes the entities, then the events and audit rows of what happened and the jobs that follow from it.
   */
  async settle(): Promise<void> {
    await this.em.flush();
    if (this.#happenings.length > 0) await this.#writeHappenings();
    else if (this.#wrote && !this.#goesOn)
      throw new Error(`${this.author.method} changed rows and recorded no event`);
    if (this.#jobs.length > 0) await addJobs(this.db, this.#jobs);
  }

  async #writeHappenings(): Promise<void> {
    const { actorId, service, method, requestId } = this.author;
    const rows = this.#happenings.map(({ id, kind, projectId, itemType, itemId, changes }) => ({
      id,
      kind,
      project_id: projectId,
      item_type: itemType,
      item_id: itemId,
      changes: changes ?? this.#changes.get(itemId) ?? {},
    }));
    await sql`
      with happened as (
        select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
          as row (id uuid, kind text, project_id uuid, item_type text, item_id uuid, changes jsonb)
      ), event as (
        insert into events (kind, project_id, actor_id, data)
        select kind, project_id, ${actorId}::uuid, changes from happened order by id
      )
      insert into audit_events
        (id, kind, item_type, item_id, project_id, actor_id, service, method, request_id, changes)
      select id, kind, item_type, item_id, project_id, ${actorId}::uuid, ${service}::text, ${method}::text,
             ${requestId}::text, changes
      from happened order by id`.execute(this.db);
  }

  /**
   * A statement may write in its `with` too, so that its text decides; its count is of its last part alone.
   */
  #noticeWrite(sql: string, rowsWritten: bigint | undefined): void {
    if (this.#wrote) return;
    const tables = writtenTables(sql);
    const wroteNothing = tables.length === 1 && rowsWritten === 0n;
    this.#wrote = !wroteNothing && tables.some((table) => !OWN_TABLES.has(table));
  }

  #noticeFlush(changeSets: ChangeSet<object>[]): void {
    for (const set of changeSets) {
      this.#wrote = true;
      const id = String(set.getPrimaryKey() ?? '');
      this.#changes.set(id, together(this.#changes.get(id) ?? {}, describe(set)));
    }
  }
}

/** `schema.table` or `table`, quoted or not. */
const TABLE = String.raw`(?:"?\w+"?\.)?"?(\w+)"?`;
const WRITES = new RegExp(
  String.raw`\b(?:insert\s+into|(?:delete\s+from|merge\s+into)(?:\s+only)?)\s+${TABLE}` +
    // Not the `update` of `for update`, `do update set` and `then update set`.
    String.raw`|\bupdate\s+(?:only\s+)?${TABLE}(?:\s+(?:as\s+)?"?\w+"?)?\s+set\b`,
  'gi',
);
/** What the service writes for itself and that is no change of anybody's data. */
const OWN_TABLES = new Set([
  'events',
  'audit_events',
  'idempotency_keys',
  'operations',
  'sandbox_lineage',
  'merge_bases',
  'workflow_losses',
]);

function writtenTables(sql: string): string[] {
  return Array.from(sql.matchAll(WRITES), ([, table, updated]) => table ?? updated ?? '');
}

/** Fields that change with every write and say nothing. */
const SILENT = new Set(['updatedAt', 'insertedAt', 'lockVersion', 'headHash']);

/** A column's value before the change, where there was a row, and after it. */
interface FieldChange {
  readonly before?: unknown;
  readonly after: unknown;
}
type Changes = Record<string, FieldChange>;

function describe(set: ChangeSet<object>): Changes {
  const changes: Changes = {};
  const before: Record<string, unknown> = set.originalEntity ?? {};
  for (const [field, after] of Object.entries(set.payload)) {
    if (SILENT.has(field)) continue;
    const column = set.meta.props.find(({ name }) => name === field)?.fieldNames[0] ?? field;
    if (set.type !== ChangeSetType.CREATE) changes[column] = { before: before[field] ?? null, after };
    else if (after !== null) changes[column] = { after };
  }
  return changes;
}

/** What two flushes of one change did to a row. */
function together(earlier: Changes, later: Changes): Changes {
  const changes = { ...earlier };
  for (const [field, change] of Object.entries(later)) {
    const first = earlier[field];
    changes[field] = first === undefined ? change : { ...first, after: change.after };
  }
  return changes;
}
