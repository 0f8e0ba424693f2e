import type { HistoryService } from '../gen/lightning/projects/v1/history_service_pb.ts';
import type { Rpcs } from '../rpc/implement.ts';
import { recordHistory } from './record-history.ts';
import { recordWorkflowVersion } from './record-workflow-version.ts';

export const historyService: Rpcs<typeof HistoryService> = {
  recordHistory,
  recordWorkflowVersion,
};
