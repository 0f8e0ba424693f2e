import { type FieldViolation, refuse } from '../call/failure.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { Project } from '../entities/project.ts';
import type { Project as ProjectMessage } from '../gen/lightning/projects/v1/project_pb.ts';
import { EMPTY_HEAD } from '../heads/head-query.ts';
import { retentionPolicies } from './project-message.ts';
import { DEFAULT_ENV, nameViolations, retentionViolations, settledRetention } from './project-rules.ts';

/**
 * Makes the entity of a new project from what a request says of it, or refuses with every violation at once.
 * A root that names no environment gets `main`; a sandbox gets none.
 */
export function newProject(
  unit: UnitOfWork,
  message: ProjectMessage,
  parent: Project | null,
  further: readonly FieldViolation[] = [],
): Project {
  const retention = {
    retentionPolicy: retentionPolicies.name(message.retentionPolicy) ?? 'retain_all',
    historyRetentionPeriod: message.historyRetentionPeriod ?? null,
    dataclipRetentionPeriod: message.dataclipRetentionPeriod ?? null,
  };
  refuse([...nameViolations(message.name), ...retentionViolations(retention), ...further]);
  return unit.em.create(Project, {
    ...(message.id === '' ? {} : { id: message.id.toLowerCase() }),
    name: message.name,
    description: message.description ?? null,
    color: message.color ?? null,
    env: message.env ?? (parent === null ? DEFAULT_ENV : null),
    parent,
    allowSupportAccess: message.allowSupportAccess,
    requiresMfa: message.requiresMfa,
    concurrency: message.concurrency ?? null,
    ...settledRetention(retention),
    headHash: EMPTY_HEAD,
    insertedAt: unit.now,
    updatedAt: unit.now,
  });
}
