import { LockMode } from '@mikro-orm/postgresql';
import { pendingDeletion } from '../call/access.ts';
import { notFound } from '../call/failure.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { Project } from '../entities/project.ts';

/**
 * The project, locked until the transaction ends: changes of one project come one after the other. Throws NOT_FOUND,
 * and FAILED_PRECONDITION while the project waits for its deletion, whatever authorization saw a moment before.
 */
export async function lockedProject(unit: UnitOfWork, id: string): Promise<Project> {
  const project = await unit.em.findOne(Project, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (project === null || project.deletionStartedAt != null) throw notFound('project', id);
  if (project.scheduledDeletion != null) throw pendingDeletion(id);
  return project;
}
