import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import type {
  GetFirstUserProjectRequest,
  GetFirstUserProjectResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { projectMessages } from './project-message.ts';
import { readViewer, userProjectsByName } from './user-project-query.ts';

/** Reads the first by name of a person's projects (select_first_project_for_user/1); none is no error. */
export async function getFirstUserProject(
  { userId }: GetFirstUserProjectRequest,
  call: Call,
): Promise<MessageInitShape<typeof GetFirstUserProjectResponseSchema>> {
  const viewer = await readViewer(call, userId);
  const query = userProjectsByName(call.read, viewer, { direction: 'asc', after: undefined, limit: 1 });
  const [project] = await projectMessages(call.read, await query.execute());
  return project === undefined ? {} : { project };
}
