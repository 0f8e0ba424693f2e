import type { DocumentTrigger } from '../../../src/exchange/document.ts';

/** A trigger without what belongs to other types, of which nothing is imported. */
export function ofItsType(trigger: DocumentTrigger): DocumentTrigger {
  const { key, type, enabled } = trigger;
  const none = {
    webhookReply: null,
    webhookResponseConfig: null,
    cronExpression: null,
    cronCursorJob: null,
    kafkaConfiguration: null,
  };
  const { webhookReply, webhookResponseConfig, cronExpression, cronCursorJob, kafkaConfiguration } = trigger;
  const own = {
    webhook: { webhookReply, webhookResponseConfig },
    cron: { cronExpression, cronCursorJob },
    kafka: { kafkaConfiguration },
  };
  return { key, type, enabled, ...none, ...own[type] };
}
