import { LockMode } from '@mikro-orm/postgresql';
import { notFound } from '../call/failure.ts';
import { pendingDeletion } from '../call/refusals.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { Project } from '../entities/project.ts';

/**
 * The project, locked until the transaction ends: changes of one project come one after the other. Throws
 * NOT_FOUND, FAILED_PRECONDITION while the project waits for its deletion, and what authorization throws, whatever
 * that saw a moment before.
 */
export async function lockedProject(unit: UnitOfWork, id: string): Promise<Project> {
  return await presentProject(unit, id, LockMode.PESSIMISTIC_WRITE);
}

/**
 * The project that a new one is to stand under, kept from changing until the transaction ends. Others may
 * keep it so at the same time: what is made under it does not change it. Throws like {@link lockedProject}.
 */
export async function parentProject(unit: UnitOfWork, id: string): Promise<Project> {
  return await presentProject(unit, id, LockMode.PESSIMISTIC_READ);
}

async function presentProject(unit: UnitOfWork, id: string, lockMode: LockMode): Promise<Project> {
  const project = await unit.em.findOne(Project, { id }, { lockMode });
  if (project === null || project.deletionStartedAt != null) throw notFound('project', id);
  await unit.confirmAccess();
  if (project.scheduledDeletion != null) throw pendingDeletion(id);
  return project;
}
