import { HistoryService } from '../../../src/gen/lightning/projects/v1/history_service_pb.ts';
import {
  DataclipType,
  RunState,
  WorkOrderState,
} from '../../../src/gen/lightning/projects/v1/run_history_pb.ts';
import { ownId, unknownId } from '../actors.ts';
import type { Transcript } from '../transcript.ts';

const { recordHistory } = HistoryService.method;

const [dataclipId, workOrderId, runId, stepId] = [ownId(40), ownId(41), ownId(42), ownId(43)];
const time = { seconds: 1_750_000_000n, nanos: 123_456_000 };

/** What ran: calls that only clients which send streams can make. */
export async function historyCalls(calls: Transcript, projectId: string, workflowId: string): Promise<void> {
  const batch = {
    dataclips: [{ id: dataclipId, projectId, type: DataclipType.HTTP_REQUEST, body: '{"größe": 1}' }],
    workOrders: [
      { id: workOrderId, workflowId, dataclipId, state: WorkOrderState.SUCCESS, insertedAt: time },
    ],
    runs: [{ id: runId, workOrderId, dataclipId, state: RunState.SUCCESS, startedAt: time }],
  };
  const rest = {
    steps: [{ id: stepId, jobId: unknownId, inputDataclipId: dataclipId, exitReason: 'success' }],
    runSteps: [{ runId, stepId }],
    logLines: [
      { id: ownId(44), runId, stepId, timestamp: time, source: 'JOB', level: 'info', message: '☕' },
    ],
  };
  await calls.answer('admin', recordHistory, 'in two batches', batch, rest);
  await calls.answer('admin', recordHistory, 'the same again, and more', batch, {
    logLines: [
      { ...rest.logLines[0], id: ownId(45) },
      { ...rest.logLines[0], id: ownId(46), runId: unknownId },
      { ...rest.logLines[0], id: ownId(47), message: '\0' },
    ],
  });
  await calls.refusal('admin', recordHistory, 'INVALID_ARGUMENT VALIDATION_FAILED', 'too many in a batch', {
    runSteps: Array.from({ length: 5001 }, () => ({ runId, stepId })),
  });
  await calls.refusal('admin', recordHistory, 'INVALID_ARGUMENT EMPTY_STREAM', 'nothing');
  await calls.refusal('owner', recordHistory, 'PERMISSION_DENIED SERVICE_REQUIRED', 'as a person', batch);
  await calls.refusal(
    'reader',
    recordHistory,
    'PERMISSION_DENIED SCOPE_REQUIRED',
    'with projects:read',
    batch,
  );
}
