import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { invalidArgument } from '../call/failure.ts';
import { once } from '../call/idempotency.ts';
import {
  type CreateProjectRequest,
  CreateProjectRequestSchema,
  CreateProjectResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { foundingMembers } from '../members/member-set.ts';
import { foundProject } from './found-project.ts';
import { parentProject } from './locked-project.ts';

/**
 * Creates a project with its members (create_project/2; with `validate_only` change_project/2). Without members the
 * acting user becomes the owner.
 */
export async function createProject(
  request: CreateProjectRequest,
  call: Call,
): Promise<MessageInitShape<typeof CreateProjectResponseSchema>> {
  const { project: message, validateOnly } = request;
  if (message === undefined)
    throw invalidArgument([{ field: 'project', description: 'is required', rule: 'REQUIRED' }]);
  const members = foundingMembers(request.members, call.actorId);

  return await call.change(
    (unit) =>
      once(call, unit, [CreateProjectRequestSchema, request], CreateProjectResponseSchema, async () => {
        const parent = message.parentId === undefined ? null : await parentProject(unit, message.parentId);
        return await foundProject(unit, message, parent, members, request.notify);
      }),
    { validateOnly },
  );
}
