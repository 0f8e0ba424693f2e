import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import type {
  BatchGetProjectsRequest,
  BatchGetProjectsResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { projectMessages } from './project-message.ts';

/** Reads many projects in one round trip, in the order of the ids; those the caller may not read count as missing. */
export async function batchGetProjects(
  request: BatchGetProjectsRequest,
  call: Call,
): Promise<MessageInitShape<typeof BatchGetProjectsResponseSchema>> {
  const ids = [...new Set(request.ids.map((id) => id.toLowerCase()))];
  const readable = await call.access.readable(ids);
  const rows = await Promise.all(readable.map((id) => call.access.project(id)));
  const messages = await projectMessages(
    call.read,
    rows.filter((row) => row !== undefined),
  );
  const byId = new Map(messages.map((project) => [project.id, project]));
  return {
    projects: ids.map((id) => byId.get(id)).filter((project) => project !== undefined),
    missingIds: ids.filter((id) => !byId.has(id)),
  };
}
