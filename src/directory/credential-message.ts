import { create } from '@bufbuild/protobuf';
import { toTimestamp } from '../database/timestamp.ts';
import { type Credential, CredentialSchema } from '../gen/lightning/projects/v1/credential_pb.ts';

/** What is known of a credential, by column. */
export interface CredentialFacts {
  readonly id: string;
  readonly user_id: string;
  readonly name: string;
  readonly schema: string;
  readonly oauth_client_id: string | null;
}

/** A credential's row. */
export interface CredentialRow extends CredentialFacts {
  readonly inserted_at: string;
  readonly updated_at: string;
}

export function credentialFacts(message: Credential): CredentialFacts {
  return {
    id: message.id.toLowerCase(),
    user_id: message.userId.toLowerCase(),
    name: message.name,
    schema: message.schema,
    oauth_client_id: message.oauthClientId?.toLowerCase() ?? null,
  };
}

export function credentialMessage(row: CredentialRow): Credential {
  return create(CredentialSchema, {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    schema: row.schema,
    ...(row.oauth_client_id === null ? {} : { oauthClientId: row.oauth_client_id }),
    insertedAt: toTimestamp(row.inserted_at),
    updatedAt: toTimestamp(row.updated_at),
  });
}
