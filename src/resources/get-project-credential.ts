import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { notFound } from '../call/failure.ts';
import type {
  GetProjectCredentialRequest,
  GetProjectCredentialResponseSchema,
} from '../gen/lightning/projects/v1/resources_service_pb.ts';
import { projectCredentialMessage } from './project-credential-message.ts';
import { projectCredentials } from './project-credential-query.ts';

/** Reads the use of one credential in a project (get_project_credential/2). */
export async function getProjectCredential(
  { projectId, credentialId }: GetProjectCredentialRequest,
  call: Call,
): Promise<MessageInitShape<typeof GetProjectCredentialResponseSchema>> {
  const row = await projectCredentials(call.read)
    .where('project_credentials.project_id', '=', projectId)
    .where('project_credentials.credential_id', '=', credentialId)
    .executeTakeFirst();
  if (row === undefined) throw notFound('credential', credentialId);
  return { projectCredential: projectCredentialMessage(row) };
}
