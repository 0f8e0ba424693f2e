/**
 * A little service that owns the embedded PostgreSQL in the directory that it is given: what a test can kill.
 * Writes one JSON line when it has started or failed. On SIGINT it asks the database something, writes the
 * answer and stops.
 */
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.ts';
import { StartupError } from '../../src/startup-error.ts';

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

try {
  const postgres = await startEmbeddedPostgres({
    dataDir: process.argv[2] ?? '',
    log: { info() {}, debug() {} },
  });
  process.on('SIGINT', async () => {
    const client = new pg.Client(postgres.url);
    await client.connect();
    const { rows } = await client.query('select 1 as one');
    await client.end();
    say({ answer: rows });
    await postgres.stop();
  });
  say({ url: postgres.url, server: postgres.pid });
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  say({ refused: error.message });
}
