import { Places } from '../database/places.ts';
import type { HistoryService } from '../gen/lightning/projects/v1/history_service_pb.ts';
import type { Rpcs } from '../rpc/implement.ts';
import { recordHistory } from './record-history.ts';
import { recordWorkflowVersion } from './record-workflow-version.ts';

/**
 * The methods of HistoryService.
 *
 * @param poolSize connections of this process, of which RecordHistory takes half at most
 */
export const historyService = (poolSize: number): Rpcs<typeof HistoryService> => ({
  recordHistory: recordHistory(new Places(Math.max(1, Math.floor(poolSize / 2)))),
  recordWorkflowVersion,
});
