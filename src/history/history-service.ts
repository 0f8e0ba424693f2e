import { Places } from '../database/places.ts';
import type { HistoryService } from '../gen/lightning/projects/v1/history_service_pb.ts';
import type { Rpcs } from '../rpc/implement.ts';
import { recordHistory } from './record-history.ts';
import { recordWorkflowVersion } from './record-workflow-version.ts';

/**
 * The methods of HistoryService.
 *
 * @param atOnce batches that RecordHistory records at once
 */
export const historyService = (atOnce: number): Rpcs<typeof HistoryService> => ({
  recordHistory: recordHistory(new Places(atOnce)),
  recordWorkflowVersion,
});
