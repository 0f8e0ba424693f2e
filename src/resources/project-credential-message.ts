import { create } from '@bufbuild/protobuf';
import { toTimestamp } from '../database/timestamp.ts';
import { credentialMessage } from '../directory/credential-message.ts';
import {
  type ProjectCredential,
  ProjectCredentialSchema,
} from '../gen/lightning/projects/v1/credential_pb.ts';

/** The use of a credential, with the credential and its owner. */
export interface ProjectCredentialRow {
  readonly id: string;
  readonly project_id: string;
  readonly credential_id: string;
  readonly inserted_at: string;
  readonly user_id: string;
  readonly name: string;
  readonly schema: string;
  readonly oauth_client_id: string | null;
  readonly credential_inserted_at: string;
  readonly credential_updated_at: string;
  readonly email: string;
  readonly first_name: string;
  readonly last_name: string;
}

export function projectCredentialMessage(row: ProjectCredentialRow): ProjectCredential {
  return create(ProjectCredentialSchema, {
    id: row.id,
    projectId: row.project_id,
    credentialId: row.credential_id,
    credential: credentialMessage({
      ...row,
      id: row.credential_id,
      inserted_at: row.credential_inserted_at,
      updated_at: row.credential_updated_at,
    }),
    owner: { id: row.user_id, email: row.email, firstName: row.first_name, lastName: row.last_name },
    insertedAt: toTimestamp(row.inserted_at),
  });
}
