import { isFieldSet } from '@bufbuild/protobuf';
import { refuse } from '../call/failure.ts';
import { type Project, ProjectSchema } from '../gen/lightning/projects/v1/project_pb.ts';
import type { UpdateProjectRequest } from '../gen/lightning/projects/v1/projects_service_pb.ts';

/** Fields of a project that an update may name; `members` stands for the request's members. */
const updatable = [
  'name',
  'description',
  'color',
  'env',
  'allow_support_access',
  'requires_mfa',
  'concurrency',
  'retention_policy',
  'history_retention_period',
  'dataclip_retention_period',
  'members',
] as const;

/**
 * The fields that an update changes (AIP-134): those of the mask, all of them for `*`, and without a mask those that
 * the request sets. Throws INVALID_ARGUMENT for paths that no update may name.
 */
export function updatedFields(request: UpdateProjectRequest, project: Project): ReadonlySet<string> {
  const paths = request.updateMask?.paths ?? [];
  if (paths.length === 0) return setFields(request, project);
  refuse(
    paths
      .filter((path) => path !== '*' && !updatable.some((known) => known === path))
      .map((path) => ({
        field: 'update_mask',
        description: `"${path}" cannot be updated; known are ${updatable.join(', ')}`,
      })),
  );
  if (!paths.includes('*')) return new Set(paths);
  return new Set(updatable.filter((path) => path !== 'members' || request.members.length > 0));
}

function setFields(request: UpdateProjectRequest, project: Project): ReadonlySet<string> {
  const set = ProjectSchema.fields.filter((field) => isFieldSet(project, field)).map(({ name }) => name);
  const fields = new Set<string>(updatable.filter((path) => set.includes(path)));
  if (request.members.length > 0) fields.add('members');
  return fields;
}
