import { enumNames } from '../call/enum-names.ts';
import { OperationKind, OperationState } from '../gen/lightning/projects/v1/operation_pb.ts';

/** The kinds that run as operations; a mail becomes one only when it failed for good. */
export type LongWorkKind = 'delete_project' | 'purge_project' | 'enforce_retention';
export type OperationKindName = LongWorkKind | 'send_mail';
export type OperationStateName = 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export const operationKinds = enumNames<OperationKindName, OperationKind>({
  delete_project: OperationKind.DELETE_PROJECT,
  purge_project: OperationKind.PURGE_PROJECT,
  enforce_retention: OperationKind.ENFORCE_RETENTION,
  send_mail: OperationKind.SEND_MAIL,
});

export const operationStates = enumNames<OperationStateName, OperationState>({
  pending: OperationState.PENDING,
  running: OperationState.RUNNING,
  succeeded: OperationState.SUCCEEDED,
  failed: OperationState.FAILED,
  cancelled: OperationState.CANCELLED,
});

/** Whether a state is left again. */
export function isUnderWay(state: OperationStateName): boolean {
  return state === 'pending' || state === 'running';
}
