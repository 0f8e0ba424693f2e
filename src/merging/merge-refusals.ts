import { alreadyExists, Failure, failedPrecondition } from '../call/failure.ts';
import type { LackingCredential } from './credential-map.ts';
import type { MergeStep } from './planned-merge.ts';
import type { WorkflowHead } from './workflow-pairs.ts';

/**
 * Requires that no workflow was changed by both sides.
 *
 * @throws Failure MERGE_CONFLICT, which names each with both hashes
 */
export function refuseConflicts(steps: readonly MergeStep[]): void {
  const conflicts = steps.filter(({ standing }) => standing.conflict);
  if (conflicts.length === 0) return;
  const hashOf = (head: WorkflowHead | undefined) =>
    head === undefined ? 'not there' : `at ${head.hash ?? 'no version'}`;
  throw failedPrecondition(
    'MERGE_CONFLICT',
    `both sides changed ${counted(conflicts.length, 'workflow')}: choose a strategy`,
    conflicts.map(({ source, target }) => ({
      type: 'MERGE_CONFLICT',
      subject: `workflows/${target?.id ?? source?.id}`,
      description: `${target?.name ?? source?.name}: ${hashOf(source)} in the sandbox, ${hashOf(target)} in the target`,
    })),
  );
}

/**
 * Requires that nothing is lacking.
 *
 * @throws Failure CREDENTIAL_MISSING, which names each
 */
export function refuseLackingCredentials(lacking: readonly LackingCredential[]): void {
  if (lacking.length === 0) return;
  throw failedPrecondition(
    'CREDENTIAL_MISSING',
    `the target lacks ${counted(lacking.length, 'credential')} that jobs of the sandbox use: set attach_credentials`,
    lacking.map(({ kind, identity, name }) => ({
      type: 'CREDENTIAL_MISSING',
      subject: kind === 'credential' ? `credentials/${identity}` : `keychain_credentials/${name}`,
      description: `the ${kind} ${name} is not attached to the target`,
    })),
  );
}

/**
 * Requires that the workflows of the target have different names afterwards: a workflow that is renamed or created may
 * get the name of another one that stays.
 *
 * @throws Failure WORKFLOW_NAME_TAKEN, which names each
 */
export function refuseTakenNames(steps: readonly MergeStep[]): void {
  const names = steps.flatMap(({ action, target, merged }) =>
    action === 'delete' ? [] : (merged?.plan.name ?? target?.name ?? []),
  );
  const taken = [...Map.groupBy(names, (name) => name)].filter(([, alike]) => alike.length > 1);
  if (taken.length === 0) return;
  throw alreadyExists(
    'WORKFLOW_NAME_TAKEN',
    taken.map(([name]) => ({
      field: 'sandbox_id',
      description: `its workflow ${name} would get the name of another workflow of the target`,
    })),
  );
}

/** @throws Failure HEAD_MISMATCH unless the head is the one expected; the empty text expects nothing */
export function requireTargetHead(expected: string, present: string): void {
  if (expected === '' || expected === present) return;
  throw new Failure(
    'aborted',
    'HEAD_MISMATCH',
    `expected_target_head is not the target's head, which is ${present}`,
    { metadata: { current_head: present } },
  );
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
