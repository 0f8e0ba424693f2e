import { expect } from 'vitest';
import { isWatched, watchedKinds } from '../../../src/events/event-message.ts';
import type { ProjectEvent } from '../../../src/gen/lightning/projects/v1/project_event_pb.ts';
import { rows } from '../../support/rows.ts';
import type { Site } from './load.ts';

interface Stored {
  readonly description: string;
  readonly heads: string[];
  readonly members: string[];
  readonly events: Readonly<Record<string, number>>;
}

/** What was acknowledged is there, once, and nothing else. */
export async function expectStored(databaseUrl: string, sites: readonly Site[]): Promise<void> {
  for (const { id, ownerId, updates, heads, memberIds } of sites) {
    const [stored] = await rows<Stored>(
      { databaseUrl },
      `select description,
         array(select hash from project_heads where project_id = $1 order by position) as heads,
         array(select user_id::text from project_users where project_id = $1 and role <> 'owner' order by user_id) as members,
         (select jsonb_object_agg(kind, count) from (
            select kind, count(*) from events where project_id = $1 group by kind) as of_kind) as events
       from projects where id = $1`,
      [id],
    );
    expect(stored, `the project of ${ownerId}`).toEqual({
      description: String(updates),
      heads,
      members: memberIds.toSorted(),
      events: {
        project_created: 1,
        project_updated: updates,
        head_appended: heads.length,
        members_changed: memberIds.length,
      },
    });
  }
  const [projects] = await rows<{ count: number }>(
    { databaseUrl },
    `select count(*)::int as count from projects where name like 'site-%'`,
  );
  expect(projects?.count).toBe(sites.length);
}

/** The events of projects as the table has them, each project's in the order of their commits. */
export async function storedEvents(databaseUrl: string, projectIds: readonly string[]): Promise<string[]> {
  const stored = await rows<{ kind: string; project_id: string; micros: string }>(
    { databaseUrl },
    `select kind, project_id, (extract(epoch from inserted_at) * 1000000)::bigint::text as micros
     from events where project_id = any($1) order by project_id, id`,
    [projectIds],
  );
  return stored.flatMap(({ kind, project_id, micros }) =>
    isWatched(kind) ? [`${project_id} ${watchedKinds.value(kind)} ${micros}`] : [],
  );
}

/** The same of events as a watcher got them: project by project, each one's in the order in which they came. */
export function heardEvents(events: readonly ProjectEvent[]): string[] {
  return events
    .toSorted((a, b) => (a.projectId < b.projectId ? -1 : Number(a.projectId > b.projectId)))
    .map(({ projectId, kind, occurredAt }) => {
      const { seconds = 0n, nanos = 0 } = occurredAt ?? {};
      return `${projectId} ${kind} ${seconds * 1_000_000n + BigInt(nanos / 1000)}`;
    });
}
