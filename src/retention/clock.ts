import { randomUUID } from 'node:crypto';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { CronItem } from 'graphile-worker';
import { runChange } from '../database/change.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { JobTasks } from '../jobs/job-task.ts';
import { startPurges } from './purge-deleted-projects.ts';
import { startAllRetention } from './start-retention.ts';

// The kinds of what they start: a job of the clock that fails for good is kept as an operation of that kind.
const PURGE = 'purge_project';
const RETENTION = 'enforce_retention';
const HOUR_MS = 3_600_000;

/**
 * When projects are cleared up by themselves, in UTC: retention once a night, purges every hour. What was missed while
 * no worker lived is made up for. Without PURGE_DELETED_AFTER_DAYS nothing is purged by itself.
 */
export function clock(purgeDeletedAfterDays: number | undefined): readonly CronItem[] {
  const retention = { task: RETENTION, match: '15 0 * * *', options: { backfillPeriod: 24 * HOUR_MS } };
  const purge = { task: PURGE, match: '5 * * * *', options: { backfillPeriod: HOUR_MS } };
  return purgeDeletedAfterDays === undefined ? [retention] : [retention, purge];
}

/** The tasks of the {@link clock}: each starts operations, and doing it again starts none twice. */
export function clockTasks(orm: MikroORM): JobTasks {
  const changes = (method: string, signal: AbortSignal) => {
    const author = { actorId: null, service: null, method, requestId: randomUUID() };
    return <T>(work: (unit: UnitOfWork) => Promise<T>) => runChange(orm, author, signal, work);
  };
  return {
    async [PURGE](_, signal) {
      await changes(PURGE, signal)(startPurges);
    },
    async [RETENTION](_, signal) {
      await Array.fromAsync(startAllRetention(changes(RETENTION, signal)), (page) => page.length);
    },
  };
}
