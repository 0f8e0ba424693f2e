import { pino } from 'pino';
import { startJobRunner } from '../../src/jobs/job-runner.ts';

/** A process that takes a job `stuck` and never ends it. Says so; its argument is the database. */
const [, , url = ''] = process.argv;
startJobRunner({
  url,
  log: pino({ level: 'silent' }),
  graceMs: 0,
  tasks: {
    async stuck() {
      process.stdout.write('took the job\n');
      await Promise.withResolvers<void>().promise;
    },
  },
});
