import { isDeepStrictEqual } from 'node:util';
import type { DocumentTrigger } from '../exchange/document.ts';
import { storedKafka } from './kafka-configuration.ts';
import { matchInOrder, planRows, type RowPlan } from './row-plan.ts';
import type { StoredTrigger } from './stored-workflows.ts';

/**
 * What becomes of a workflow's triggers; those of a type are matched in their order.
 *
 * @param jobs ids of the workflow's jobs by key, for the job that a cron trigger starts from
 */
export function planTriggers(
  entries: readonly DocumentTrigger[],
  rows: readonly StoredTrigger[],
  jobs: ReadonlyMap<string, string>,
  { prune, newId }: { readonly prune: boolean; readonly newId: () => string },
): { readonly plan: RowPlan<StoredTrigger>; readonly idByKey: ReadonlyMap<string, string> } {
  const types = entries.map(({ type }) => type);
  const matches = matchInOrder(types, rows, ({ type }) => type);
  const wanted = entries.map((entry, index): StoredTrigger => {
    const row = matches[index];
    return {
      id: row?.id ?? newId(),
      type: entry.type,
      comment: row?.comment ?? null,
      enabled: entry.enabled,
      cronExpression: entry.cronExpression,
      cronCursorJobId: entry.cronCursorJob === null ? null : (jobs.get(entry.cronCursorJob) ?? null),
      webhookReply: entry.webhookReply,
      webhookResponseConfig: storedConfig(entry.webhookResponseConfig, row?.webhookResponseConfig ?? null),
      kafkaConfiguration: storedKafka(entry.kafkaConfiguration, row?.kafkaConfiguration ?? null),
    };
  });
  return {
    plan: planRows(wanted, matches, rows, prune),
    idByKey: new Map(entries.map(({ key }, index) => [key, wanted[index]?.id ?? ''])),
  };
}

type Config = Readonly<Record<string, unknown>>;

/** The stored configuration, unless the document shows another one: it leaves out what is null. */
function storedConfig(said: Config | null, stored: Config | null): Config | null {
  const shown = shownConfig(said);
  return isDeepStrictEqual(shown, shownConfig(stored)) ? stored : shown;
}

/** As the database gives it back: without what JSON cannot tell apart, such as -0. */
function shownConfig(config: Config | null): Config | null {
  const entries = Object.entries(config ?? {}).filter(([, value]) => value !== null);
  return entries.length === 0 ? null : JSON.parse(JSON.stringify(Object.fromEntries(entries)));
}
