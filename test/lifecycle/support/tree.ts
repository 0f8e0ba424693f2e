import { aProject, type Cast } from '../../support/projects.ts';
import { rows } from '../../support/rows.ts';
import type { TestService } from '../../support/service.ts';

/** A root and below it one sandbox in another; their ids from the top. */
export async function aChain(service: TestService, depth: number, cast: Cast = {}): Promise<string[]> {
  const ids: string[] = [];
  for (let level = 0; level < depth; level += 1) {
    const parentId = ids.at(-1);
    const { id } = await aProject(service, cast, parentId === undefined ? {} : { parentId });
    ids.push(id);
  }
  return ids;
}

/** A workflow with a trigger that is enabled and one that is not; whether each is, in this order, by project. */
export async function addTriggers(service: TestService, projectId: string): Promise<void> {
  await rows(
    service,
    `with w as (insert into workflows (project_id, name) values ($1, 'w') returning id)
     insert into triggers (workflow_id, type, enabled) select id, 'webhook', true from w
     union all select id, 'cron', false from w`,
    [projectId],
  );
}

/** Whether the triggers of {@link addTriggers} are enabled. */
export async function enabledTriggers(service: TestService, projectId: string): Promise<boolean[]> {
  const found = await rows<{ enabled: boolean }>(
    service,
    `select enabled from triggers join workflows on workflows.id = workflow_id
     where project_id = $1 order by type = 'cron'`,
    [projectId],
  );
  return found.map(({ enabled }) => enabled);
}

/** From which project each has its date; null for one that has none. */
export async function datesFrom(
  service: Pick<TestService, 'databaseUrl'>,
  ids: readonly string[],
): Promise<(string | null)[]> {
  const found = await rows<{ root: string | null }>(
    service,
    `select scheduled_deletion_root_id as root from projects where id = any($1) order by array_position($1, id)`,
    [ids],
  );
  return found.map(({ root }) => root);
}
