import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { checkEtag, etagOf } from '../call/etag.ts';
import { type FieldViolation, invalidArgument, refuse } from '../call/failure.ts';
import type { Project } from '../entities/project.ts';
import type { Project as ProjectMessage } from '../gen/lightning/projects/v1/project_pb.ts';
import type {
  UpdateProjectRequest,
  UpdateProjectResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { mailNewMembers } from '../mail/added-to-project.ts';
import { mailRetentionChange } from '../mail/retention-changed.ts';
import { allMembers } from '../members/member-query.ts';
import { namedMembers } from '../members/member-set.ts';
import { replaceMembers } from '../members/replace-members.ts';
import { lockedProject } from './locked-project.ts';
import { retentionPolicies } from './project-message.ts';
import { readProject } from './project-query.ts';
import {
  memberSetViolations,
  nameViolations,
  type Retention,
  retentionViolations,
  settledRetention,
} from './project-rules.ts';
import { updatedFields } from './update-mask.ts';

/**
 * Changes what the mask names (update_project/3, with `validate_only` change_project/2), and replaces the
 * members when it names them (update_project_with_users/3). One transaction; nothing changed, nothing
 * written. New members are mailed, and a change of the retention to the owner and the admins.
 */
export async function updateProject(
  request: UpdateProjectRequest,
  call: Call,
): Promise<MessageInitShape<typeof UpdateProjectResponseSchema>> {
  const { project: message, validateOnly } = request;
  if (message === undefined) {
    throw invalidArgument([{ field: 'project.id', description: 'is required', rule: 'REQUIRED' }]);
  }
  const fields = updatedFields(request, message);
  const memberships = fields.has('members') ? namedMembers(request.members) : undefined;
  const violations = memberships === undefined ? [] : memberSetViolations(memberships);

  return await call.change(
    async (unit) => {
      const project = await lockedProject(unit, message.id);
      checkEtag(message.etag, etagOf(project.id, project.lockVersion), 'project.etag');
      const before = retentionOf(project);
      assign(project, message, fields, violations);
      const item = { projectId: project.id, itemType: 'project', itemId: project.id };
      let updateId: string | undefined;
      if (unit.hasChanges(project)) {
        project.updatedAt = unit.now;
        updateId = unit.record({ kind: 'project_updated', ...item });
        await unit.em.flush();
      }
      const changes = memberships && (await replaceMembers(unit, call, project.id, memberships));
      if (changes !== undefined) {
        const eventId = unit.record({ kind: 'members_changed', ...item, changes });
        const newcomers = changes.added.map(({ user_id }) => user_id);
        if (request.notify ?? project.parent == null) mailNewMembers(unit, eventId, project.id, newcomers);
      }
      if (updateId !== undefined) {
        const change = { projectId: project.id, actorId: call.actorId, before, after: retentionOf(project) };
        await mailRetentionChange(unit, updateId, change);
      }
      return {
        project: await readProject(unit.db, project.id),
        members: memberships === undefined ? [] : await allMembers(unit.db, project.id),
      };
    },
    { validateOnly },
  );
}

/** Gives the project what the fields name, or refuses with every violation at once, the further ones too. */
function assign(
  project: Project,
  message: ProjectMessage,
  fields: ReadonlySet<string>,
  further: readonly FieldViolation[],
): void {
  const retention = wantedRetention(retentionOf(project), message, fields);
  const unnamed = fields.has('name') ? nameViolations(message.name) : [];
  refuse([...unnamed, ...retentionViolations(retention), ...further]);
  if (fields.has('name')) project.name = message.name;
  if (fields.has('description')) project.description = message.description ?? null;
  if (fields.has('color')) project.color = message.color ?? null;
  if (fields.has('env')) project.env = message.env ?? null;
  if (fields.has('allow_support_access')) project.allowSupportAccess = message.allowSupportAccess;
  if (fields.has('requires_mfa')) project.requiresMfa = message.requiresMfa;
  if (fields.has('concurrency')) project.concurrency = message.concurrency ?? null;
  Object.assign(project, settledRetention(retention));
}

function wantedRetention(
  present: Retention,
  message: ProjectMessage,
  fields: ReadonlySet<string>,
): Retention {
  return {
    retentionPolicy: fields.has('retention_policy')
      ? (retentionPolicies.name(message.retentionPolicy) ?? 'retain_all')
      : present.retentionPolicy,
    historyRetentionPeriod: fields.has('history_retention_period')
      ? (message.historyRetentionPeriod ?? null)
      : present.historyRetentionPeriod,
    dataclipRetentionPeriod: fields.has('dataclip_retention_period')
      ? (message.dataclipRetentionPeriod ?? null)
      : present.dataclipRetentionPeriod,
  };
}

function retentionOf(project: Project): Retention {
  return {
    retentionPolicy: project.retentionPolicy,
    historyRetentionPeriod: project.historyRetentionPeriod ?? null,
    dataclipRetentionPeriod: project.dataclipRetentionPeriod ?? null,
  };
}
