import { Failure, failedPrecondition, notFound, permissionDenied } from './failure.ts';
import type { Permission, Verdict } from './permissions.ts';

/** The failure of who would change what is the member's own. */
export function anothersMembership(): Failure {
  return permissionDenied('OWN_MEMBERSHIP_ONLY', "digest and failure_alert are the member's own to change");
}

/** The failure that a permission which was not granted stands for. */
export function refusal(
  verdict: Exclude<Verdict, 'granted'>,
  permission: Permission,
  projectId: string,
): Failure {
  switch (verdict) {
    case 'hidden':
      return notFound('project', projectId);
    case 'denied':
      return new Failure(
        'permission_denied',
        'ROLE_REQUIRED',
        `your role in project ${projectId} does not allow this`,
        {
          metadata: { permission },
          resource: { type: 'project', name: projectId },
        },
      );
    case 'pending_deletion':
      return permissionDenied(
        'PROJECT_PENDING_DELETION',
        `project ${projectId} is scheduled for deletion: only its owner and admins may still see it`,
      );
    case 'unchangeable':
      return pendingDeletion(projectId);
  }
}

/** The failure of every change to a project that waits for its deletion. */
export function pendingDeletion(projectId: string): Failure {
  const message = `project ${projectId} is scheduled for deletion: cancel the deletion before changing it`;
  return failedPrecondition('PROJECT_PENDING_DELETION', message, [
    { type: 'PROJECT_PENDING_DELETION', subject: `projects/${projectId}`, description: message },
  ]);
}

/** The failure of every call of somebody who is shut out. */
export function disabledUser(): Failure {
  return permissionDenied('USER_DISABLED', 'your user is disabled');
}
