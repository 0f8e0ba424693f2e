import { serve } from '../../src/cli/serve.ts';

/**
 * Starts the service again and again in one process, each time with one of the environments that are its argument, as
 * JSON. None lets it start: after what it writes about that, this adds the exit code that it leaves.
 */
for (const env of JSON.parse(process.argv[2] ?? '[]')) {
  process.exitCode = undefined;
  await serve(env);
  process.stderr.write(`exit code ${process.exitCode}\n`);
}
