import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { refuse } from '../call/failure.ts';
import { repeats } from '../call/repeats.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type {
  UpsertCredentialsRequest,
  UpsertCredentialsResponseSchema,
} from '../gen/lightning/projects/v1/directory_service_pb.ts';
import {
  type CredentialFacts,
  type CredentialRow,
  credentialFacts,
  credentialMessage,
} from './credential-message.ts';
import { credentials } from './credential-query.ts';
import { lockDirectory } from './lock-directory.ts';
import { requireUsers } from './require-users.ts';
import { rowChanges } from './row-changes.ts';

/**
 * Creates credentials or replaces what is known of them, all or none: metadata, never a secret. Beyond Lightning,
 * which owns its credentials. A constant number of statements; what does not change is not written.
 */
export async function upsertCredentials(
  request: UpsertCredentialsRequest,
  call: Call,
): Promise<MessageInitShape<typeof UpsertCredentialsResponseSchema>> {
  const wanted = request.credentials.map(credentialFacts);
  const ids = wanted.map(({ id }) => id);
  refuse(repeats(ids, (index) => `credentials[${index}].id`));

  return await call.change(async (unit) => {
    await lockDirectory(unit);
    await requireUsers(
      unit,
      wanted.map(({ user_id: userId }, index) => ({ userId, field: `credentials[${index}].user_id` })),
    );
    const present = await credentials(unit.db)
      .where('id', 'in', ids)
      .orderBy('id')
      .forNoKeyUpdate()
      .execute();
    await writeCredentials(unit, wanted, present);
    const rows = await credentials(unit.db).where('id', 'in', ids).execute();
    const byId = new Map(rows.map((row) => [row.id, credentialMessage(row)]));
    return { credentials: ids.map((id) => byId.get(id)).filter((credential) => credential !== undefined) };
  });
}

async function writeCredentials(
  unit: UnitOfWork,
  wanted: readonly CredentialFacts[],
  present: readonly CredentialRow[],
): Promise<void> {
  const rows = new Map(present.map((row) => [row.id, row]));
  const changed: CredentialFacts[] = [];
  for (const credential of wanted) {
    const changes = rowChanges(rows.get(credential.id), credential);
    if (changes === undefined) continue;
    changed.push(credential);
    const item = { projectId: null, itemType: 'credential', itemId: credential.id };
    unit.record({ kind: 'credentials_changed', ...item, changes });
  }
  if (changed.length === 0) return;
  const now = unit.now.toISOString();
  await unit.db
    .insertInto('credentials')
    .values(changed.map((credential) => ({ ...credential, inserted_at: now, updated_at: now })))
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((row) => ({
        user_id: row.ref('excluded.user_id'),
        name: row.ref('excluded.name'),
        schema: row.ref('excluded.schema'),
        oauth_client_id: row.ref('excluded.oauth_client_id'),
        updated_at: row.ref('excluded.updated_at'),
      })),
    )
    .execute();
}
