import { StartupError } from '../startup-error.ts';

/** Runs a command; what whoever runs it can put right ends it in one clear line each and exit code 1. */
export async function endsInOneLine(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
