import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { notFound } from '../call/failure.ts';
import type { RetentionPolicyName } from '../database/project-row.ts';
import {
  DataclipPolicy,
  type GetDataclipPolicyRequest,
  type GetDataclipPolicyResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';

const policies: Readonly<Record<RetentionPolicyName, DataclipPolicy>> = {
  retain_all: DataclipPolicy.SAVE,
  retain_with_errors: DataclipPolicy.SAVE_OF_FAILED_RUNS,
  erase_all: DataclipPolicy.DISCARD,
};

/** Tells which dataclips of runs a project's retention policy lets the engine save (save_dataclips?/1). */
export async function getDataclipPolicy(
  { projectId }: GetDataclipPolicyRequest,
  call: Call,
): Promise<MessageInitShape<typeof GetDataclipPolicyResponseSchema>> {
  const project = await call.access.project(projectId);
  if (project === undefined) throw notFound('project', projectId);
  return { policy: policies[project.retention_policy] };
}
