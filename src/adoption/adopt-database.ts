import type { MikroORM } from '@mikro-orm/postgresql';
import { adoptCredentials, adoptUsers } from './adopt-people.ts';
import { adoptProjects } from './adopt-projects.ts';
import { adoptRows } from './adopt-rows.ts';
import { adoptWorkflows } from './adopt-workflows.ts';
import { historyTables, projectTables, snapshots } from './adopted-tables.ts';
import { Adoption } from './adoption.ts';
import type { AdoptionTally } from './adoption-tally.ts';
import type { LightningSource } from './lightning-source.ts';
import { tellContents } from './tell-contents.ts';
import { tellHistory } from './tell-history.ts';

/**
 * Copies what a Lightning database holds into the one of this service, in the order of its references and chunk by chunk,
 * each a transaction. Says how far it is; answers what it did and what it left.
 *
 * It can be repeated, after an interruption too: what is here already and the same is not written. What changed here
 * after it last did in Lightning is kept.
 */
export async function adoptDatabase(
  source: LightningSource,
  orm: MikroORM,
  say: (line: string) => void,
): Promise<AdoptionTally> {
  const adoption = new Adoption(source, orm, say);
  await adoptUsers(adoption);
  await adoptCredentials(adoption);
  await adoptProjects(adoption);
  for (const table of projectTables) await adoptRows(adoption, table, tellContents);
  await adoptWorkflows(adoption);
  await adoptRows(adoption, snapshots, tellContents);
  for (const table of historyTables) await adoptRows(adoption, table, tellHistory);
  return adoption.tally;
}
