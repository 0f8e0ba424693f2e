import { type Failure, failedPrecondition } from '../call/failure.ts';

/** The failure of whatever would leave a project without its owner, or give it a second one. */
export function ownerFixed(projectId: string, description: string): Failure {
  return failedPrecondition('OWNER_FIXED', `${description}: use TransferOwnership`, [
    { type: 'OWNER_FIXED', subject: `projects/${projectId}`, description },
  ]);
}
