import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { notFound } from '../call/failure.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type {
  EnforceRetentionRequest,
  EnforceRetentionResponseSchema,
} from '../gen/lightning/projects/v1/maintenance_service_pb.ts';
import { operationMessage } from '../operations/operation-message.ts';
import type { OperationRow } from '../operations/operation-query.ts';
import { queueTurn, startOperation } from '../operations/start-operation.ts';
import { startAllRetention } from './start-retention.ts';

/** Operations of an answer. */
const ANSWERED = 1000;

/**
 * Starts the clean-up of one project, at once, or of every project that has a history retention period (perform/1
 * `data_retention`). A project whose clean-up is under way keeps that.
 */
export async function enforceRetention(
  { projectId }: EnforceRetentionRequest,
  call: Call,
): Promise<MessageInitShape<typeof EnforceRetentionResponseSchema>> {
  if (projectId !== '') {
    const operations = await call.change((unit) => startOne(unit, projectId));
    return { operationCount: operations.length, operations: operations.map(operationMessage) };
  }
  let operationCount = 0;
  const operations: OperationRow[] = [];
  for await (const page of startAllRetention((work) => call.change(work))) {
    operationCount += page.length;
    operations.push(...page.slice(0, ANSWERED - operations.length));
  }
  return { operationCount, operations: operations.map(operationMessage) };
}

async function startOne(unit: UnitOfWork, projectId: string): Promise<OperationRow[]> {
  const project = await unit.db
    .selectFrom('projects')
    .select(['id', 'name', 'history_retention_period'])
    .where('id', '=', projectId)
    .where('deletion_started_at', 'is', null)
    .executeTakeFirst();
  if (project === undefined) throw notFound('project', projectId);
  if (project.history_retention_period === null) return [];
  const waiting = await unit.db
    .selectFrom('operations')
    .select('id')
    .where('project_id', '=', project.id)
    .where('kind', '=', 'enforce_retention')
    .where('state', '=', 'pending')
    .executeTakeFirst();
  const operation = await startOperation(unit, 'enforce_retention', {
    projectId: project.id,
    projectName: project.name,
  });
  // One that was to wait for its place in the hour no longer does.
  if (waiting?.id === operation.id) queueTurn(unit, operation.id);
  return [operation];
}
