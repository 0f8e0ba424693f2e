import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { invalidArgument } from '../call/failure.ts';
import type {
  ValidateProjectDeletionRequest,
  ValidateProjectDeletionResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { readProject } from '../projects/project-query.ts';

/** Checks the name that a person typed to confirm a deletion (validate_for_deletion/2). */
export async function validateProjectDeletion(
  { id, nameConfirmation }: ValidateProjectDeletionRequest,
  call: Call,
): Promise<MessageInitShape<typeof ValidateProjectDeletionResponseSchema>> {
  const project = await readProject(call.read, id);
  if (nameConfirmation !== project.name) {
    throw invalidArgument([
      { field: 'name_confirmation', description: "doesn't match the project name", rule: 'NAME_MISMATCH' },
    ]);
  }
  return { project };
}
