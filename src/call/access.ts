import { waitingFor } from '../database/cancellation.ts';
import type { ProjectRow } from '../database/project-row.ts';
import type { Ending } from './ending.ts';
import { invalidArgument, notFound, permissionDenied } from './failure.ts';
import { type MemberPlace, type NamedMember, noSuchMember } from './member-place.ts';
import {
  decide,
  decideOnOperation,
  type OperationPermission,
  type OperationStanding,
  type Permission,
  type RoleName,
  type Standing,
  type Verdict,
} from './permissions.ts';
import type { Principal } from './principal.ts';
import { anothersMembership, disabledUser, refusal } from './refusals.ts';

/** What the database knows of one person, whatever the project. */
export interface PersonFacts {
  readonly superuser: boolean;
  readonly supportUser: boolean;
  readonly disabled: boolean;
}

/** What the database knows of one person and one project, and the project itself, undefined where there is none. */
export interface ProjectSight extends Standing, PersonFacts {
  readonly row: ProjectRow | undefined;
}

/** What {@link ProjectSight} says of the project of a membership, and whose it is: null where there is none. */
export interface MemberSight extends ProjectSight {
  readonly memberUserId: string | null;
}

/** What the database knows of one person and one operation. */
export interface OperationSight extends OperationStanding, PersonFacts {}

/** Where the facts come from; calls made in one tick of the event loop may share one query. */
export interface AccessReader {
  person(userId: string): Promise<PersonFacts>;
  project(userId: string | null, projectId: string): Promise<ProjectSight>;
  /** Of a project whose deletion has begun; of every other nothing but the person. */
  doomed(userId: string | null, projectId: string): Promise<ProjectSight>;
  /** Of the project that the membership belongs to. */
  member(userId: string | null, memberId: string): Promise<MemberSight>;
  /** A person's role in the project itself; null for somebody who is no member of it. */
  role(userId: string, projectId: string): Promise<RoleName | null>;
  /** Of an operation that does not exist, nobody is anything. */
  operation(userId: string, operationId: string): Promise<OperationSight>;
  /** What the person is to operations on a project, or, without one, on any. */
  operationsOf(userId: string, projectId: string | null): Promise<Omit<OperationSight, 'isOwn'>>;
}

/** What one principal may do. Every question is answered from the permission table. */
export class Access {
  readonly #principal: Principal;
  #reader: AccessReader;
  readonly #ending: Ending;
  readonly #sights = new Map<string, Promise<ProjectSight>>();
  readonly #memberships = new Map<string, Promise<MemberPlace | undefined>>();

  /** @param ending ends the waiting for an answer; the question itself may be shared with other calls */
  constructor(principal: Principal, reader: AccessReader, ending: Ending) {
    this.#principal = principal;
    this.#reader = reader;
    this.#ending = ending;
  }

  /**
   * Forgets what was true when the call was authorized and runs `ask`, whose questions are the reader's to answer, once:
   * from then on its answers count.
   */
  async askAnew(reader: AccessReader, ask: () => Promise<void>): Promise<void> {
    const usual = this.#reader;
    this.#sights.clear();
    this.#memberships.clear();
    this.#reader = reader;
    try {
      await ask();
    } finally {
      this.#reader = usual;
    }
  }

  /**
   * Throws unless the principal holds `permission` on the project: NOT_FOUND when it may not see the project,
   * PERMISSION_DENIED when it may see it, FAILED_PRECONDITION for a change while the project waits for deletion.
   */
  async require(permission: Permission, projectId: string): Promise<void> {
    const verdict = await this.#verdict(permission, projectId);
    if (verdict !== 'granted') throw refusal(verdict, permission, projectId);
  }

  /**
   * Throws like {@link require} unless the principal may delete the project. Whoever might have begun a deletion may go
   * on with it, although the project is there for nothing else any more.
   */
  async requireDeletion(projectId: string): Promise<void> {
    const verdict = await this.#verdict('delete', projectId);
    if (verdict === 'granted' || (verdict === 'hidden' && (await this.#mayGoOnDeleting(projectId)))) return;
    throw refusal(verdict, 'delete', projectId);
  }

  async #mayGoOnDeleting(projectId: string): Promise<boolean> {
    const sight = await waitingFor(this.#ending, () =>
      this.#reader.doomed(this.#userId(), projectId.toLowerCase()),
    );
    if (sight.row === undefined) return false;
    if (this.#principal.kind === 'service') return this.#principal.scope === 'admin';
    return decide('delete', sight) === 'granted';
  }

  /**
   * The project as it was when this call was authorized, whether or not the principal may read it; undefined when there
   * is none. No query of its own after {@link require}.
   */
  async project(projectId: string): Promise<ProjectRow | undefined> {
    return (await this.#sight(projectId)).row;
  }

  /**
   * A person's role in the project itself; null for somebody who is no member of it. The principal's own is known since
   * this call was authorized.
   */
  async role(userId: string, projectId: string): Promise<RoleName | null> {
    const id = userId.toLowerCase();
    if (id !== this.#userId()) {
      return await waitingFor(this.#ending, () => this.#reader.role(id, projectId.toLowerCase()));
    }
    const { hat } = await this.#sight(projectId);
    return hat === 'support' ? null : hat;
  }

  /**
   * Throws unless the principal holds `permission` on the project of a membership, like {@link require}; for
   * `set_own_alerts` the membership must be the principal's own, unless it is a service. A membership that does
   * not exist cannot be told from one in a project that the principal may not see.
   */
  async requireOfMember(permission: Permission, named: NamedMember): Promise<void> {
    const found = await this.membership(named);
    const verdict = found === undefined ? 'hidden' : await this.#verdict(permission, found.projectId);
    if (found === undefined || (verdict === 'hidden' && 'memberId' in named)) throw noSuchMember(named);
    const isAnothers = this.#principal.kind === 'user' && found.userId !== this.#principal.userId;
    if (permission === 'set_own_alerts' && isAnothers && verdict !== 'hidden') throw anothersMembership();
    if (verdict !== 'granted') throw refusal(verdict, permission, found.projectId);
  }

  /**
   * Where a membership belongs: for one named by its id as it was when this call was authorized, undefined when there
   * was none; one named by project and person need not exist. No query of its own after {@link requireOfMember}.
   */
  async membership(named: NamedMember): Promise<MemberPlace | undefined> {
    if ('projectId' in named)
      return { projectId: named.projectId.toLowerCase(), userId: named.userId.toLowerCase() };
    const key = named.memberId.toLowerCase();
    let membership = this.#memberships.get(key);
    if (membership === undefined) {
      membership = this.#findMembership(key);
      this.#memberships.set(key, membership);
    }
    return await membership;
  }

  async #findMembership(memberId: string): Promise<MemberPlace | undefined> {
    const sight = await waitingFor(this.#ending, () => this.#reader.member(this.#userId(), memberId));
    if (sight.disabled) throw disabledUser();
    if (sight.row === undefined || sight.memberUserId === null) return undefined;
    this.#sights.set(sight.row.id, Promise.resolve(sight));
    return { projectId: sight.row.id, userId: sight.memberUserId };
  }

  /**
   * Whether the principal reads the whole workspace of a project, except what waits for its deletion: services do, and
   * who is somebody in its root. No query of its own after {@link require}.
   */
  async readsWorkspaceOf(projectId: string): Promise<boolean> {
    if (this.#principal.kind === 'service') return true;
    const { isSandbox, hat, rootHat } = await this.#sight(projectId);
    return (isSandbox ? rootHat : hat) !== null;
  }

  /** Those of the projects that the principal may read, in the order given. */
  async readable(projectIds: readonly string[]): Promise<string[]> {
    const verdicts = await Promise.all(projectIds.map((id) => this.#verdict('read', id)));
    return projectIds.filter((_, index) => verdicts[index] === 'granted');
  }

  /** Throws unless the principal may act on the whole service: a superuser, or a service with `projects:admin`. */
  async requireSite(): Promise<void> {
    if (this.#principal.kind === 'service') return this.requireAdminService();
    const { superuser, disabled } = await this.#person(this.#principal.userId);
    if (disabled) throw disabledUser();
    if (!superuser)
      throw permissionDenied('SUPERUSER_REQUIRED', 'only superusers and internal services may do this');
  }

  /**
   * Throws unless the principal is the person, named by its id or, by the empty text, not at all, or may act on the
   * whole service. INVALID_ARGUMENT for a service that names nobody.
   */
  async requireSelf(userId: string): Promise<void> {
    const isOwn =
      this.#principal.kind === 'user' && ['', this.#principal.userId].includes(userId.toLowerCase());
    if (isOwn) return await this.requirePerson();
    await this.requireSite();
    if (userId === '') {
      const description = 'is required of a service';
      throw invalidArgument([{ field: 'user_id', description, rule: 'REQUIRED' }]);
    }
  }

  /**
   * Throws unless the principal may read the audit trail of the project. The trail outlives the project: when that is
   * gone, whoever may act on the whole service may read it.
   */
  async requireAudit(projectId: string): Promise<void> {
    const verdict = await this.#verdict('read_audit', projectId);
    if (verdict === 'granted') return;
    if (verdict !== 'hidden' || !(await this.#actsOnSite(projectId)))
      throw refusal(verdict, 'read_audit', projectId);
  }

  /**
   * Throws unless the principal may see the operation, which is NOT_FOUND to all others, or stop it. Whether there is
   * one is left for the method to find out.
   */
  async requireOperation(permission: OperationPermission, operationId: string): Promise<void> {
    if (this.#principal.kind === 'service') {
      if (permission !== 'see') this.requireAdminService();
      return;
    }
    const { userId } = this.#principal;
    const sight = await waitingFor(this.#ending, () => this.#reader.operation(userId, operationId));
    if (sight.disabled) throw disabledUser();
    const verdict = decideOnOperation(permission, sight);
    if (verdict === 'hidden') throw notFound('operation', operationId);
    if (verdict === 'denied')
      throw permissionDenied('ROLE_REQUIRED', 'only the owner of its project and superusers may stop it');
  }

  /** Whether the principal sees the operations that others started: on the project, or on any when none is named. */
  async seesOthersOperations(projectId: string): Promise<boolean> {
    if (this.#principal.kind === 'service') return true;
    const { userId } = this.#principal;
    const facts = await waitingFor(this.#ending, () =>
      this.#reader.operationsOf(userId, projectId === '' ? null : projectId),
    );
    return decideOnOperation('see', { ...facts, isOwn: false }) === 'granted';
  }

  async #actsOnSite(projectId: string): Promise<boolean> {
    if (this.#principal.kind === 'service') return this.#principal.scope === 'admin';
    return (await this.#sight(projectId)).superuser;
  }

  /** Throws unless the principal is a service whose token has the scope `projects:admin`. */
  requireAdminService(): void {
    if (this.#principal.kind === 'service' && this.#principal.scope === 'admin') return;
    throw permissionDenied(
      'SERVICE_REQUIRED',
      'the token lacks the scope projects:admin, which this method needs',
    );
  }

  /** Throws for a disabled user; every other valid token passes. */
  async requirePerson(): Promise<void> {
    if (this.#principal.kind === 'service') return;
    const { disabled } = await this.#person(this.#principal.userId);
    if (disabled) throw disabledUser();
  }

  async #verdict(permission: Permission, projectId: string): Promise<Verdict> {
    if (this.#principal.kind === 'service') return await this.#verdictForService(permission, projectId);
    const sight = await this.#sight(projectId);
    if (sight.disabled) throw disabledUser();
    return sight.row === undefined ? 'hidden' : decide(permission, sight);
  }

  /** A service needs no role; what is left to ask is whether the project exists and may be changed. */
  async #verdictForService(permission: Permission, projectId: string): Promise<Verdict> {
    const admin = this.#principal.kind === 'service' && this.#principal.scope === 'admin';
    if (!admin && permission !== 'read') return 'denied';
    const sight = await this.#sight(projectId);
    if (sight.row === undefined) return 'hidden';
    return permission === 'read'
      ? 'granted'
      : decide(permission, { ...sight, hat: 'owner', superuser: true });
  }

  #sight(projectId: string): Promise<ProjectSight> {
    const key = projectId.toLowerCase();
    let sight = this.#sights.get(key);
    if (sight === undefined) {
      sight = waitingFor(this.#ending, () => this.#reader.project(this.#userId(), key));
      this.#sights.set(key, sight);
    }
    return sight;
  }

  /** Whose roles count; a service has none. */
  #userId(): string | null {
    return this.#principal.kind === 'user' ? this.#principal.userId : null;
  }

  #person(userId: string): Promise<PersonFacts> {
    return waitingFor(this.#ending, () => this.#reader.person(userId));
  }
}
