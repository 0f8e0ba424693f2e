import { sql } from 'kysely';
import { prepared } from '../database/prepared.ts';
import type { Queries } from '../database/queries.ts';
import type { JobState } from '../heads/workflow-hash.ts';
import type { JobCredential } from './merged-workflow.ts';

/** What a project's jobs may use: a credential that is attached to it, or one of its keychains. */
export interface UsableCredential {
  /** What jobs name: the project's credential, or the keychain. */
  readonly id: string;
  /** What it is the same as in another project: the credential's id, or the keychain's name. */
  readonly identity: string;
  readonly kind: 'credential' | 'keychain';
  readonly name: string;
}

/** One that the target lacks. */
export interface LackingCredential extends UsableCredential {
  /** The id under which the target may get it. */
  readonly newId: string;
}

/** The credentials and keychains of projects, by project. One statement, which relies on the indexes on project_id. */
export async function usableCredentials(
  db: Queries,
  ...projectIds: readonly string[]
): Promise<(projectId: string) => UsableCredential[]> {
  const { rows } = await prepared(
    'usable credentials',
    sql<UsableCredential & { readonly projectId: string }>`
    select pc.project_id as "projectId", pc.id, c.id::text as identity, 'credential' as kind, c.name
    from project_credentials pc join credentials c on c.id = pc.credential_id
    where pc.project_id = any(${projectIds}::uuid[])
    union all
    select project_id, id, name, 'keychain', name from keychain_credentials
    where project_id = any(${projectIds}::uuid[])`,
  ).execute(db);
  return (projectId) => rows.filter((row) => row.projectId === projectId);
}

/**
 * Finds for jobs of one project the same credential in another: credentials by the one that both share, keychains by
 * name. What the other lacks is given an id, under which a merge can add it.
 */
export class CredentialMap {
  readonly #sources: ReadonlyMap<string, UsableCredential>;
  readonly #targetIds: ReadonlyMap<string, string>;
  readonly #newId: () => string;
  readonly #lacking = new Map<string, LackingCredential>();

  constructor(
    sources: readonly UsableCredential[],
    targets: readonly UsableCredential[],
    newId: () => string,
  ) {
    this.#sources = new Map(sources.map((credential) => [credential.id, credential]));
    this.#targetIds = new Map(targets.map((credential) => [keyOf(credential), credential.id]));
    this.#newId = newId;
  }

  /** What a job of the source names in the target. What is not its own project's, which no constraint forbids, is left out. */
  of({ projectCredentialId, keychainCredentialId }: JobState): JobCredential {
    return {
      projectCredentialId: this.#counterpart(projectCredentialId),
      keychainCredentialId: this.#counterpart(keychainCredentialId),
    };
  }

  /** Those that the target lacks, of these jobs as the target is to have them. */
  lackingFor(jobs: Iterable<JobState>): LackingCredential[] {
    const lacking = new Map([...this.#lacking.values()].map((credential) => [credential.newId, credential]));
    const used = new Set<LackingCredential>();
    for (const { projectCredentialId, keychainCredentialId } of jobs) {
      const credential = lacking.get(projectCredentialId ?? keychainCredentialId ?? '');
      if (credential !== undefined) used.add(credential);
    }
    return [...used];
  }

  #counterpart(id: string | null): string | null {
    const source = id === null ? undefined : this.#sources.get(id);
    if (source === undefined) return null;
    const key = keyOf(source);
    const present = this.#targetIds.get(key) ?? this.#lacking.get(key)?.newId;
    if (present !== undefined) return present;
    const newId = this.#newId();
    this.#lacking.set(key, { ...source, newId });
    return newId;
  }
}

function keyOf({ kind, identity }: UsableCredential): string {
  return `${kind} ${identity}`;
}
