import type { Client } from 'pg';
import { StartupError } from '../startup-error.ts';

/** The oldest PostgreSQL that the migrations run on. */
const OLDEST = 15;

/** What a server says of itself, and of the database that was connected to. */
export interface ServerFacts {
  readonly version: number;
  readonly encoding: string;
}

/** @throws StartupError when the database is none that the service can run on */
export async function checkServer(client: Client): Promise<void> {
  const { rows } = await client.query<ServerFacts>(`
    select current_setting('server_version_num')::integer / 10000 as version,
           current_setting('server_encoding') as encoding`);
  const reason = rows[0] && unfitness(rows[0]);
  if (reason !== undefined) throw new StartupError(reason);
}

/** Why such a database does not do; undefined when it does. */
export function unfitness({ version, encoding }: ServerFacts): string | undefined {
  if (version < OLDEST) return `the database is of a PostgreSQL ${version}; ${OLDEST} or newer is needed`;
  if (encoding !== 'UTF8') return `the database is encoded in ${encoding}; UTF8 is needed`;
  return undefined;
}
