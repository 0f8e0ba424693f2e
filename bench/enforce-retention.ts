import { MaintenanceService } from '../src/gen/lightning/projects/v1/maintenance_service_pb.ts';
import { OperationsService } from '../src/gen/lightning/projects/v1/operations_service_pb.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, tokenEnv, unary } from './support/grpc.ts';
import { atMost, report } from './support/measure.ts';
import { operationEnd } from './support/operation-end.ts';
import { seedUser } from './support/seed.ts';
import { seedHistory } from './support/seed-history.ts';

/** A period that there is, of which the oldest hundredth is past. */
const PERIOD_DAYS = 90;
const DAYS = PERIOD_DAYS / 0.99;

/**
 * EnforceRetention where 1 % is due of a project with a million dataclips and 100,000 work orders, and where 1 % is due
 * of one a tenth as large. What is due is ten times as much, so the time for each row of it has to stay the same.
 */
export async function enforceRetentionFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const { client } = database;
  const user = await seedUser(client);
  const large = { workOrders: 100_000, logLines: 300_000, dataclips: 1_000_000, days: DAYS };
  const small = { workOrders: 10_000, logLines: 30_000, dataclips: 100_000, days: DAYS };
  const projects = [
    ['warm up', await seedHistory(client, user, small)],
    ['small', await seedHistory(client, user, small)],
    ['large', await seedHistory(client, user, large)],
  ] as const;
  await client.query(`update projects set history_retention_period = ${PERIOD_DAYS}`);
  await client.query('vacuum analyze');

  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), {
    DATABASE_URL: database.url,
    ...tokenEnv,
  });
  using connection = new Connection(service.ready.grpc ?? '');
  const metadata = await bearer('bench', 'projects:admin');
  const enforce = unary(connection, MaintenanceService.method.enforceRetention, metadata);
  const getOperation = unary(connection, OperationsService.method.getOperation, metadata);
  const msPerRow: Record<string, number> = {};
  for (const [name, projectId] of projects) {
    const start = performance.now();
    const { operations } = await enforce({ projectId });
    const { done } = await operationEnd(getOperation, operations[0]);
    const ms = performance.now() - start;
    msPerRow[name] = ms / Number(done);
    if (name === 'warm up') continue;
    report('enforce_retention', { project: name, rows_due: Number(done), seconds: ms / 1000 });
  }
  const { small: ofSmall = Number.NaN, large: ofLarge = Number.NaN } = msPerRow;
  report(
    'enforce_retention_proportion',
    { ms_per_due_row_small: ofSmall, ms_per_due_row_large: ofLarge },
    atMost('times as long for each due row of ten times as many', ofLarge / ofSmall, 1.1),
  );
}
