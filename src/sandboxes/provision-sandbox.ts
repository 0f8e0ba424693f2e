import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { invalidArgument } from '../call/failure.ts';
import { once } from '../call/idempotency.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { Project } from '../entities/project.ts';
import {
  type ProvisionSandboxRequest,
  ProvisionSandboxRequestSchema,
  ProvisionSandboxResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { appendHead } from '../heads/append-head.ts';
import { refreshHead } from '../heads/head-query.ts';
import { recordSnapshots } from '../heads/record-snapshots.ts';
import { allMembers } from '../members/member-query.ts';
import { insertMembers, namedMembers } from '../members/member-set.ts';
import { parentProject } from '../projects/locked-project.ts';
import { withNameField } from '../projects/name-field.ts';
import { readProject } from '../projects/project-query.ts';
import { cloneProject } from './clone-project.ts';
import { copyDataclips } from './copy-dataclips.ts';
import { sandboxMembers } from './provision-rules.ts';
import { requireProvisioner } from './provisioning-actor.ts';

/**
 * Makes a sandbox that is a working copy of its parent (provision_sandbox/3), in one transaction and from one
 * snapshot of the parent. The number of statements does not depend on the size of the parent.
 */
export async function provisionSandbox(
  request: ProvisionSandboxRequest,
  call: Call,
): Promise<MessageInitShape<typeof ProvisionSandboxResponseSchema>> {
  const { actorId } = call;
  if (actorId === null) {
    throw invalidArgument([
      { field: 'actor_user_id', description: 'is required of a service', rule: 'REQUIRED' },
    ]);
  }
  const members = sandboxMembers(actorId, namedMembers(request.collaborators, 'collaborators'));

  return await call.change((unit) =>
    once(call, unit, [ProvisionSandboxRequestSchema, request], ProvisionSandboxResponseSchema, async () => {
      const parent = await parentProject(unit, request.parentId);
      await requireProvisioner(unit, parent, actorId);
      const { id } = newSandbox(unit, parent, request);
      await withNameField('name', () => unit.em.flush());
      await insertMembers(unit, id, members);
      await copyDataclips(unit, parent.id, id, request.dataclipIds);
      const workflowIds = await cloneProject(unit, { parentId: parent.id, sandboxId: id, actorId });
      await recordSnapshots(unit, workflowIds);
      const headHash = await refreshHead(unit.db, id);
      await appendHead(unit, id, headHash);

      const changes = {
        parent_id: { after: parent.id },
        name: { after: request.name },
        head_hash: { after: headHash },
      };
      unit.record({ kind: 'sandbox_provisioned', projectId: id, itemType: 'project', itemId: id, changes });
      return { project: await readProject(unit.db, id), members: await allMembers(unit.db, id) };
    }),
  );
}

/** The parent's settings under the name, colour and environment of the request. */
function newSandbox(
  unit: UnitOfWork,
  parent: Project,
  { name, color, env }: ProvisionSandboxRequest,
): Project {
  return unit.em.create(Project, {
    name,
    color: color ?? null,
    env: env ?? null,
    parent,
    description: parent.description ?? null,
    allowSupportAccess: parent.allowSupportAccess,
    requiresMfa: parent.requiresMfa,
    concurrency: parent.concurrency ?? null,
    retentionPolicy: parent.retentionPolicy,
    historyRetentionPeriod: parent.historyRetentionPeriod ?? null,
    dataclipRetentionPeriod: parent.dataclipRetentionPeriod ?? null,
    insertedAt: unit.now,
    updatedAt: unit.now,
  });
}
