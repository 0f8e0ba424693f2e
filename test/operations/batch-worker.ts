import { pino } from 'pino';
import { openOrm } from '../../src/database/orm.ts';
import { localFileStore } from '../../src/files/local-file-store.ts';
import { startJobRunner } from '../../src/jobs/job-runner.ts';
import { deleteNext } from '../../src/lifecycle/delete-next.ts';
import { deleteWork, purgeWork } from '../../src/lifecycle/delete-work.ts';
import { runOperation } from '../../src/operations/run-operation.ts';
import { RUN_OPERATION } from '../../src/operations/start-operation.ts';
import { retentionWork } from '../../src/retention/retention-work.ts';

/** A process that does operations as the service does, in batches of a few rows. Its argument is the database. */
const [, , url = ''] = process.argv;
const applicationName = 'batch worker';
const orm = await openOrm({ url, poolMax: 4, applicationName, statementTimeoutMs: 10_000 });
const files = localFileStore('/nowhere', false);
const log = pino({ level: 'warn' }, pino.destination(2));
const works = {
  delete_project: (projectId: string) => ({
    ...deleteWork(files)(projectId),
    steps: [deleteNext(projectId, files, 50)],
  }),
  purge_project: purgeWork(files),
  enforce_retention: retentionWork(files, 20),
};
startJobRunner({ url, log, graceMs: 0, tasks: { [RUN_OPERATION]: runOperation(orm, works, log) } });
