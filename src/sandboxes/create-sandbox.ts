import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { invalidArgument } from '../call/failure.ts';
import { once } from '../call/idempotency.ts';
import {
  type CreateSandboxRequest,
  CreateSandboxRequestSchema,
  CreateSandboxResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { foundingMembers } from '../members/member-set.ts';
import { foundProject } from '../projects/found-project.ts';
import { parentProject } from '../projects/locked-project.ts';

/**
 * Creates an empty project below a parent (create_sandbox/3). Without members the acting user becomes the
 * owner.
 */
export async function createSandbox(
  request: CreateSandboxRequest,
  call: Call,
): Promise<MessageInitShape<typeof CreateSandboxResponseSchema>> {
  const { project: message, parentId, validateOnly } = request;
  if (message === undefined)
    throw invalidArgument([{ field: 'project', description: 'is required', rule: 'REQUIRED' }]);
  if (message.parentId !== undefined && message.parentId.toLowerCase() !== parentId.toLowerCase()) {
    throw invalidArgument([{ field: 'project.parent_id', description: 'must be parent_id or left out' }]);
  }
  const members = foundingMembers(request.members, call.actorId);

  return await call.change(
    (unit) =>
      once(call, unit, [CreateSandboxRequestSchema, request], CreateSandboxResponseSchema, async () =>
        foundProject(unit, message, await parentProject(unit, parentId), members, request.notify),
      ),
    { validateOnly },
  );
}
