import type { Transport } from '@connectrpc/connect';
import type { Actor } from '../actors.ts';
import { type Entry, Transcript } from '../transcript.ts';
import { deletionCalls } from './deletions.ts';
import { directoryCalls } from './directory.ts';
import { documentCalls, uploadCalls } from './documents.ts';
import { headCalls } from './heads.ts';
import { historyCalls } from './history.ts';
import { invitationCalls } from './invitations.ts';
import { maintenanceCalls } from './maintenance.ts';
import { memberCalls } from './members.ts';
import { mergingCalls } from './merging.ts';
import { operationCalls } from './operations.ts';
import { projectCalls } from './projects.ts';
import { resourceCalls } from './resources.ts';
import { sandboxCalls } from './sandboxes.ts';
import { watchCalls } from './watches.ts';

/**
 * Calls every method with success and with failure, on a service of its own that is empty but for an invitation and a
 * project with its history, one call after the other.
 *
 * @param uploads whether the client can send a stream; these calls come last
 */
export async function allCalls(
  transportOf: (actor: Actor) => Transport,
  { uploads }: { readonly uploads: boolean },
): Promise<readonly Entry[]> {
  const calls = new Transcript(transportOf);
  await directoryCalls(calls);
  const projectId = await projectCalls(calls);
  const workflowId = await documentCalls(calls, projectId);
  await headCalls(calls, projectId, workflowId);
  await resourceCalls(calls, projectId);
  await sandboxCalls(calls, projectId);
  await mergingCalls(calls, projectId);
  const operationId = await deletionCalls(calls, projectId);
  await operationCalls(calls, operationId);
  await memberCalls(calls, projectId);
  await invitationCalls(calls, projectId);
  await maintenanceCalls(calls, projectId);
  await watchCalls(calls, projectId);
  if (uploads) {
    await uploadCalls(calls, projectId);
    await historyCalls(calls, projectId, workflowId);
  }
  return calls.entries;
}
