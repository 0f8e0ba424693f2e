import type { TriggerType } from '../exchange/document.ts';
import { isCronExpression } from '../exchange/read-cron.ts';
import { shownKafka, storedKafka } from '../workflows/kafka-configuration.ts';
import type { StoredTrigger } from '../workflows/stored-workflows.ts';
import type { PostedTrigger } from './posted-state.ts';
import { said } from './said.ts';

/** When a cron trigger starts of which nothing says when, as in Lightning: at midnight. */
const MIDNIGHT = '0 0 * * *';

/**
 * A trigger as a posted state has it. A Kafka trigger keeps what it signs in with, and any keeps its custom path.
 *
 * What belongs to other types cannot be set. What is stored of it (older Lightnings gave every trigger a reply) stays
 * while the type does.
 *
 * @param jobs ids of the workflow's jobs, for the one that a cron trigger starts from
 */
export function wantedTrigger(
  posted: PostedTrigger,
  row: StoredTrigger | undefined,
  jobs: ReadonlySet<string>,
): StoredTrigger {
  const { errors, kafkaConfiguration: kafka } = posted;
  const type = posted.type ?? row?.type ?? 'webhook';
  const kept = row?.type === type ? row : undefined;
  const settingOf = <T>(owner: TriggerType, value: T | null | undefined, stored: T | null | undefined) =>
    said(owner === type || value === null ? value : undefined, stored);
  const mayLackTime = type !== 'cron' || kept?.cronExpression === null;
  const trigger: StoredTrigger = {
    id: posted.id,
    type,
    comment: said(posted.comment, row?.comment),
    enabled: posted.enabled ?? row?.enabled ?? true,
    cronExpression:
      settingOf('cron', posted.cronExpression, kept?.cronExpression) ?? (mayLackTime ? null : MIDNIGHT),
    cronCursorJobId: settingOf('cron', posted.cronCursorJobId, kept?.cronCursorJobId),
    webhookReply: settingOf('webhook', posted.webhookReply, kept?.webhookReply),
    webhookResponseConfig: settingOf('webhook', posted.webhookResponseConfig, kept?.webhookResponseConfig),
    kafkaConfiguration:
      type === 'kafka' && kafka !== undefined
        ? storedKafka(shownKafka(kafka), kept?.kafkaConfiguration ?? null)
        : settingOf('kafka', kafka, kept?.kafkaConfiguration),
  };
  const { cronExpression: cron, cronCursorJobId: cursor } = trigger;
  if (cron !== null && cron !== kept?.cronExpression && !isCronExpression(cron))
    errors.add('cron_expression', "can't be parsed");
  if (cursor === null || jobs.has(cursor)) return trigger;
  if (!posted.isDeleted) errors.add('cron_cursor_job_id', 'is no job of the workflow');
  return { ...trigger, cronCursorJobId: null };
}
