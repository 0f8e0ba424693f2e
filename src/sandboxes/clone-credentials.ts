import { type RawBuilder, sql } from 'kysely';
import type { CloneInput } from './clone-maps.ts';

/**
 * The parent's credentials, shared and not copied, and copies of the keychains that its jobs use, made by the
 * actor. Relies on the maps `credential` and `keychain`.
 */
export function cloneCredentials({ parentId, sandboxId, actorId, now }: CloneInput): RawBuilder<unknown> {
  return sql`
    shared_credentials as (
      insert into project_credentials (id, project_id, credential_id, inserted_at, updated_at)
      select copy_id, ${sandboxId}, credential_id, ${now}, ${now} from credential
    ), copied_keychains as (
      insert into keychain_credentials
        (id, project_id, name, path, default_credential_id, created_by_id, inserted_at, updated_at)
      select keychain.copy_id, ${sandboxId}, k.name, k.path, k.default_credential_id, ${actorId}, ${now}, ${now}
      from keychain_credentials k
      join keychain on keychain.id = k.id
      where k.project_id = ${parentId}
    )`;
}
