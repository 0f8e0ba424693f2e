import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import type {
  ListProjectCredentialsRequest,
  ListProjectCredentialsResponseSchema,
} from '../gen/lightning/projects/v1/resources_service_pb.ts';
import { projectCredentialMessage } from './project-credential-message.ts';
import { projectCredentialsPage } from './project-credential-query.ts';

/** Lists a project's credentials with their owners, by name (list_project_credentials/1). Metadata only. */
export async function listProjectCredentials(
  request: ListProjectCredentialsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListProjectCredentialsResponseSchema>> {
  const size = pageSize(request);
  const { namePrefix } = request;
  const projectId = request.projectId.toLowerCase();
  const list = ['ListProjectCredentials', projectId, namePrefix];
  const after = readPageToken(request, list, ['text', 'uuid']);
  const filters = { projectId, namePrefix, after, limit: size + 1 };
  const found = await projectCredentialsPage(call.read, filters).execute();
  const { rows, nextPageToken } = page(found, size, list, (row) => [row.name, row.id]);
  return { projectCredentials: rows.map(projectCredentialMessage), nextPageToken };
}
