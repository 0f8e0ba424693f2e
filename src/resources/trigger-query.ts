import type { JsonObject } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { KAFKA_SECRETS } from '../workflows/kafka-configuration.ts';
import { type GraphPage, graphAnswer, isOfPage, reachesPage } from './graph-page.ts';
import type { TriggerTypeName } from './trigger-message.ts';

export interface TriggersPage extends GraphPage {
  /** Only triggers of these types; empty for all. */
  readonly types: readonly TriggerTypeName[];
  /** Only those that are enabled, or only those that are not; undefined for both. */
  readonly enabled: boolean | undefined;
}

/**
 * A page of a project's triggers, by workflow, then id (project_triggers_query/1). Kafka's user name and password are not
 * read.
 */
export function triggersPage(db: Queries, page: TriggersPage) {
  const { types, enabled, limit } = page;
  const rows = db
    .selectFrom('workflows')
    .innerJoinLateral(
      (from) =>
        from
          .selectFrom('triggers')
          .select(columns.map((column) => `triggers.${column}` as const))
          .select([
            'triggers.comment',
            'triggers.webhook_response_config',
            sql`triggers.kafka_configuration - ${KAFKA_SECRETS}::text[]`.as('kafka_configuration'),
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
    .select(
      sql<number>`octet_length(concat(comment, webhook_response_config::text, kafka_configuration::text))`.as(
        'bytes',
      ),
    )
    .where(reachesPage(page))
    .orderBy('workflows.id')
    .orderBy('triggers.id')
    .limit(limit);
  return db
    .selectFrom(rows.as('page'))
    .select(columns)
    .select([
      graphAnswer.whereFitting<string>('comment').as('comment'),
      graphAnswer.whereFitting<JsonObject>('webhook_response_config').as('webhook_response_config'),
      graphAnswer.whereFitting<JsonObject>('kafka_configuration').as('kafka_configuration'),
      graphAnswer.fits().as('fits'),
    ])
    .orderBy('workflow_id')
    .orderBy('id');
}

const columns = [
  'id',
  'workflow_id',
  'type',
  'enabled',
  'custom_path',
  'cron_expression',
  'cron_cursor_job_id',
  'webhook_reply',
  'inserted_at',
  'updated_at',
] as const;
