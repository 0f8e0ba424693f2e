import { sql } from 'kysely';
import { oneAhead } from '../database/one-ahead.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import {
  adoptionsOf,
  adoptPlaceholders,
  lockPlaceholders,
  type Adoption as Takeover,
} from '../directory/adopt-placeholders.ts';
import { lockDirectory } from '../directory/lock-directory.ts';
import type { UserFacts } from '../directory/user-message.ts';
import { usersAndNamesakes } from '../directory/user-query.ts';
import { credentials, users } from './adopted-tables.ts';
import type { Adoption } from './adoption.ts';
import { rowNews } from './row-news.ts';
import { keysOf, type Written, writeRows } from './write-rows.ts';

/** Adopts users, and gives them what placeholders with their addresses have here. */
export async function adoptUsers(adoption: Adoption): Promise<void> {
  for await (const rows of oneAhead(adoption.source.chunks(users)))
    await adoption.change(async (unit) => [await writeUsers(unit, rows)]);
  adoption.progress(users.name);
}

/** Adopts what is known of credentials; their secrets are not even read. */
export async function adoptCredentials(adoption: Adoption): Promise<void> {
  for await (const rows of oneAhead(adoption.source.chunks(credentials))) {
    await adoption.change(async (unit) => {
      await lockDirectory(unit);
      const news = await rowNews(unit, credentials, rows);
      const written = await writeRows(unit, credentials, rows);
      for (const itemId of keysOf(written, 'created', 'updated')) {
        const item = { projectId: null, itemType: 'credential', itemId };
        unit.record({ kind: 'credentials_changed', ...item, changes: news(itemId) });
      }
      return [written];
    });
  }
  adoption.progress(credentials.name);
}

async function writeUsers(unit: UnitOfWork, rows: readonly string[]): Promise<Written> {
  await lockDirectory(unit);
  const wanted = rows.map((row): UserFacts => JSON.parse(row));
  const present = await usersAndNamesakes(unit.db, wanted).forNoKeyUpdate().execute();
  const takeovers = adoptionsOf(wanted, present);
  await lockPlaceholders(unit, takeovers);
  await vacate(unit, takeovers);

  const news = await rowNews(unit, users, rows);
  const written = await writeRows(unit, users, rows);
  const left = new Set(keysOf(written, 'left'));
  const addresses = new Map(present.map(({ id, email }) => [id, email]));
  await giveBack(
    unit,
    takeovers.filter(({ userId }) => left.has(userId)),
    addresses,
  );
  await adoptPlaceholders(
    unit,
    takeovers.filter(({ userId }) => !left.has(userId)),
  );

  for (const itemId of keysOf(written, 'created', 'updated'))
    unit.record({ kind: 'users_changed', projectId: null, itemType: 'user', itemId, changes: news(itemId) });
  return written;
}

/** Frees the addresses of placeholders. */
async function vacate(unit: UnitOfWork, takeovers: readonly Takeover[]): Promise<void> {
  if (takeovers.length === 0) return;
  const ids = takeovers.map(({ placeholderId }) => placeholderId);
  // No address looks like a bare id: the rules want an @.
  await sql`update users set email = id::text where id = any(${ids}::uuid[])`.execute(unit.db);
}

/** To placeholders whose person was left. */
async function giveBack(
  unit: UnitOfWork,
  takeovers: readonly Takeover[],
  addresses: ReadonlyMap<string, string>,
): Promise<void> {
  if (takeovers.length === 0) return;
  const ids = takeovers.map(({ placeholderId }) => placeholderId);
  const emails = ids.map((id) => addresses.get(id) ?? id);
  await sql`
    update users set email = given.email from unnest(${ids}::uuid[], ${emails}::text[]) as given (id, email)
    where users.id = given.id`.execute(unit.db);
}
