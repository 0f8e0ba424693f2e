import { shownKafka, storedKafka } from '../exchange/kafka-configuration.ts';
import { isCronExpression } from '../exchange/read-cron.ts';
import type { StoredTrigger } from '../exchange/stored-workflows.ts';
import type { PostedTrigger } from './posted-state.ts';
import { said } from './said.ts';

/**
 * A trigger as a posted state has it. A Kafka trigger keeps what it signs in with, and any keeps its custom path.
 *
 * @param jobs ids of the workflow's jobs, for the one that a cron trigger starts from
 */
export function wantedTrigger(
  posted: PostedTrigger,
  row: StoredTrigger | undefined,
  jobs: ReadonlySet<string>,
): StoredTrigger {
  const { errors } = posted;
  const kafka = posted.kafkaConfiguration;
  const trigger: StoredTrigger = {
    id: posted.id,
    type: posted.type ?? row?.type ?? 'webhook',
    comment: said(posted.comment, row?.comment),
    enabled: posted.enabled ?? row?.enabled ?? true,
    cronExpression: said(posted.cronExpression, row?.cronExpression),
    cronCursorJobId: said(posted.cronCursorJobId, row?.cronCursorJobId),
    webhookReply: said(posted.webhookReply, row?.webhookReply),
    webhookResponseConfig: said(posted.webhookResponseConfig, row?.webhookResponseConfig),
    kafkaConfiguration:
      kafka === undefined
        ? (row?.kafkaConfiguration ?? null)
        : storedKafka(shownKafka(kafka), row?.kafkaConfiguration ?? null),
  };
  const { cronExpression: cron, cronCursorJobId: cursor } = trigger;
  if (cron !== null && cron !== row?.cronExpression && !isCronExpression(cron))
    errors.add('cron_expression', "can't be parsed");
  if (posted.cronCursorJobId && cursor !== null && !jobs.has(cursor))
    errors.add('cron_cursor_job_id', 'is no job of the workflow');
  // The database takes the cursor away with its job.
  return cursor === null || jobs.has(cursor) ? trigger : { ...trigger, cronCursorJobId: null };
}
