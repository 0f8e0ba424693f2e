import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { distinctIds } from '../call/distinct-ids.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import { boundOf } from '../database/timestamp.ts';
import type {
  ListStepsRequest,
  ListStepsResponseSchema,
} from '../gen/lightning/projects/v1/resources_service_pb.ts';
import { stepMessage } from './step-message.ts';
import { stepsOfRunsPage, stepsPage } from './step-query.ts';

/** Lists a project's steps, the newest first (project_steps_query/1); one that several runs share is listed once. */
export async function listSteps(
  request: ListStepsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListStepsResponseSchema>> {
  const size = pageSize(request);
  const runIds = distinctIds(request.runIds);
  const filters = { projectId: request.projectId.toLowerCase(), jobIds: distinctIds(request.jobIds) };
  const from = boundOf(request.insertedFrom);
  const before = boundOf(request.insertedBefore);
  const list = ['ListSteps', filters, runIds, from, before];
  const start = { from, before, after: readPageToken(request, list, ['moment', 'uuid']), limit: size + 1 };
  const query =
    runIds.length > 0
      ? stepsOfRunsPage(call.read, filters, runIds, start)
      : stepsPage(call.read, filters, start);
  const { rows, nextPageToken } = page(await query.execute(), size, list, (row) => [row.inserted_at, row.id]);
  return { steps: rows.map(stepMessage), nextPageToken };
}
