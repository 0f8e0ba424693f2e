import type { Call } from '../call/call.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { v7 as uuid } from '../database/uuid.ts';
import { applyWorkflows } from '../workflows/apply-workflows.ts';
import { claimWorkflows } from '../workflows/claim-workflows.ts';
import { storedWorkflows } from '../workflows/stored-workflows.ts';
import { weightOf, workflowBatches } from '../workflows/workflow-batches.ts';
import { type PlanOptions, planWorkflow, type WorkflowPlan } from '../workflows/workflow-plan.ts';
import { applyCollections } from './apply-collections.ts';
import { checkCredentials } from './check-credentials.ts';
import { type CheckedDocument, isWholeProject } from './check-document.ts';
import { credentialFates } from './credential-fates.ts';
import type { DocumentWorkflow } from './document.ts';
import { Counts } from './import-counts.ts';
import { documentInvalid } from './import-failure.ts';
import type { ImportOptions, ImportSource } from './import-options.ts';
import { READ_LIMITS } from './read-limits.ts';
import { ProblemLog } from './read-problems.ts';
import { settleCredentials } from './settle-credentials.ts';

/**
 * Brings a project's collections, credentials and workflows to what the document says; the project must be locked.
 * Reads the document again, batch by batch, so that memory holds a batch or the largest workflow.
 *
 * @throws Failure DOCUMENT_INVALID when a credential has gone since the document was checked
 */
export async function applyDocument(
  unit: UnitOfWork,
  call: Call,
  projectId: string,
  checked: CheckedDocument,
  options: ImportOptions,
  source: ImportSource,
): Promise<Counts> {
  const counts = new Counts();
  const pruneProject = options.prune && isWholeProject(checked);
  await applyCollections(unit, projectId, checked.collections, pruneProject, counts);
  const credentials = await applyCredentials(unit, call, projectId, checked, options, counts);
  const { ids, deleted } = await claimWorkflows(unit, projectId, checked.workflows, pruneProject);
  counts.deleted.workflows += deleted;

  const planOptions = {
    prune: options.prune,
    credentialId: (key: string) => credentials.get(key) ?? null,
    newId: () => uuid(unit.now),
  };
  let next = 0;
  for await (const batch of workflowBatches(workflowsOf(source), weightOf)) {
    const plans = await planBatch(unit, batch, ids.slice(next, next + batch.length), planOptions);
    next += batch.length;
    await applyWorkflows(unit, projectId, plans);
    for (const plan of plans) counts.add(plan);
  }
  return counts;
}

/** Looked at again, now that the project cannot change any more. */
async function applyCredentials(
  unit: UnitOfWork,
  call: Call,
  projectId: string,
  { credentials, credentialPlaces }: CheckedDocument,
  options: ImportOptions,
  counts: Counts,
): Promise<ReadonlyMap<string, string>> {
  const fates = await credentialFates(
    unit.db,
    call,
    options,
    credentials,
    credentialPlaces.referenced.keys(),
  );
  const log = new ProblemLog(READ_LIMITS.problems);
  checkCredentials(fates, credentialPlaces, options.createMissingCredentials, log);
  if (log.hasErrors) throw documentInvalid(log.takeFresh().filter(({ severity }) => severity === 'error'));
  return await settleCredentials(unit, projectId, fates, counts);
}

async function* workflowsOf(source: ImportSource): AsyncGenerator<DocumentWorkflow> {
  for await (const part of source.parts()) if (part.kind === 'workflow') yield part.value;
}

async function planBatch(
  unit: UnitOfWork,
  batch: readonly DocumentWorkflow[],
  ids: readonly (string | undefined)[],
  options: PlanOptions,
): Promise<WorkflowPlan[]> {
  const stored = await storedWorkflows(
    unit.db,
    ids.filter((id) => id !== undefined),
  );
  return batch.map((document, index) => planWorkflow(document, stored.get(ids[index] ?? ''), options));
}
