import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { distinctIds } from '../call/distinct-ids.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import { toTimestamp } from '../database/timestamp.ts';
import type {
  ListRunStepsRequest,
  ListRunStepsResponseSchema,
} from '../gen/lightning/projects/v1/resources_service_pb.ts';
import { runStepsPage } from './run-step-query.ts';

/** Lists which steps belong to which runs of a project, run by run (project_run_steps_query/1). */
export async function listRunSteps(
  request: ListRunStepsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListRunStepsResponseSchema>> {
  const size = pageSize(request);
  const projectId = request.projectId.toLowerCase();
  const runIds = distinctIds(request.runIds);
  const list = ['ListRunSteps', projectId, runIds];
  const after = readPageToken(request, list, ['moment', 'uuid', 'uuid']);
  const found = await runStepsPage(call.read, { projectId, runIds, after, limit: size + 1 }).execute();
  const { rows, nextPageToken } = page(found, size, list, (row) => [row.run_inserted_at, row.run_id, row.id]);
  return {
    runSteps: rows.map((row) => ({
      id: row.id,
      runId: row.run_id,
      stepId: row.step_id,
      insertedAt: toTimestamp(row.inserted_at),
    })),
    nextPageToken,
  };
}
