import { oneAhead } from '../database/one-ahead.ts';
import { refreshHeads } from '../heads/head-query.ts';
import type { AdoptedTable } from './adopted-table.ts';
import { edges, jobs, triggerAuthMethods, triggers, versions, workflows } from './adopted-tables.ts';
import type { Adoption } from './adoption.ts';
import { workflowsHere } from './adoption-facts.ts';
import { removeGone } from './remove-gone.ts';
import { tellContents } from './tell-contents.ts';
import { keyOfRow, keysOf, type Written, writeRows } from './write-rows.ts';

/** Workflows that are written together, with all that they consist of. */
const AT_A_TIME = 100;
/** In the order in which they are written; what refers to others is removed before them. */
const parts: readonly AdoptedTable[] = [jobs, triggers, triggerAuthMethods, edges, versions];

/**
 * Adopts workflows, each with its graph and its versions, so that nobody sees half of one, and the heads of their
 * projects. A workflow that changed here since, or that is here and cannot become what it is there, is left as it is, whole.
 */
export async function adoptWorkflows(adoption: Adoption): Promise<void> {
  for await (const rows of oneAhead(adoption.source.chunks(workflows, AT_A_TIME))) {
    await adoption.change(async (unit) => {
      const lead = await writeRows(unit, workflows, rows);
      const stay = new Set([
        ...keysOf(lead, 'kept'),
        ...(await workflowsHere(unit.db, keysOf(lead, 'left'))),
      ]);
      const ids = rows.map((row) => keyOfRow(workflows, row)).filter((id) => !stay.has(id));
      const stranger = new Set(keysOf(lead, 'created', 'left'));
      const known = ids.filter((id) => !stranger.has(id));

      const partRows = new Map<AdoptedTable, readonly string[]>();
      for (const part of parts)
        partRows.set(part, await adoption.source.rowsOf(part, ofWorkflows(part), ids));
      const written: Written[] = [lead];
      for (const part of parts.toReversed())
        written.push(await removeGone(unit, part, known, partRows.get(part) ?? []));
      for (const part of parts) written.push(await writeRows(unit, part, partRows.get(part) ?? []));

      const touched = new Set(written.flatMap(({ answers }) => answers.map(({ project_id }) => project_id)));
      const heads = await refreshHeads(
        unit.db,
        [...touched].filter((id) => id !== null),
      );
      tellContents(unit, written, adoption, heads);
      return written;
    });
  }
  for (const { name } of [workflows, ...parts]) adoption.progress(name);
}

function ofWorkflows(part: AdoptedTable): string {
  if (part !== triggerAuthMethods) return 'workflow_id = any ($1::uuid[])';
  return 'trigger_id in (select id from triggers where workflow_id = any ($1::uuid[]))';
}
