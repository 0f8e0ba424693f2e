import type { JsonObject } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { type GraphPage, isOfPage, reachesPage } from './graph-page.ts';
import type { TriggerTypeName } from './trigger-message.ts';

export interface TriggersPage extends GraphPage {
  /** Only triggers of these types; empty for all. */
  readonly types: readonly TriggerTypeName[];
  /** Only those that are enabled, or only those that are not; undefined for both. */
  readonly enabled: boolean | undefined;
}

/** A page of a project's triggers, by workflow, then id (project_triggers_query/1). What Kafka asks for stays behind. */
export function triggersPage(db: Queries, page: TriggersPage) {
  const { types, enabled, limit } = page;
  return db
    .selectFrom('workflows')
    .innerJoinLateral(
      (from) =>
        from
          .selectFrom('triggers')
          .select([
            'triggers.id',
            'triggers.workflow_id',
            'triggers.type',
            'triggers.enabled',
            'triggers.comment',
            'triggers.custom_path',
            'triggers.cron_expression',
            'triggers.cron_cursor_job_id',
            'triggers.webhook_reply',
            sql<JsonObject | null>`triggers.webhook_response_config`.as('webhook_response_config'),
            sql<JsonObject | null>`triggers.kafka_configuration - '{username,password}'::text[]`.as(
              'kafka_configuration',
            ),
            'triggers.inserted_at',
            'triggers.updated_at',
          ])
          .where(isOfPage('triggers', page))
          .$if(types.length > 0, (query) => query.where('triggers.type', 'in', types))
          .$if(enabled !== undefined, (query) => query.where(sql<boolean>`triggers.enabled = ${enabled}`))
          .orderBy('triggers.id')
          .limit(limit)
          .as('triggers'),
      (join) => join.onTrue(),
    )
    .selectAll('triggers')
    .where(reachesPage(page))
    .orderBy('workflows.id')
    .orderBy('triggers.id')
    .limit(limit);
}
