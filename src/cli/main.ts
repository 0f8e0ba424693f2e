import './compile-cache.ts';
import { Command, InvalidArgumentError, Option } from 'commander';
import { endsInOneLine } from './one-line-end.ts';

// Each command loads what it runs: printing a token need not wait for the whole service.
const program = new Command('lightning-projects')
  .description(
    'Projects of OpenFn Lightning as a gRPC and Connect service. Its settings come from the environment.',
  )
  .showHelpAfterError();

program
  .command('serve')
  .description('run the service, as npm start does')
  .action(async () => {
    const { serve } = await import('./serve.ts');
    await serve(process.env);
  });

program
  .command('migrate')
  .description('bring the schema of the database up to date and say what ran')
  .action(() =>
    endsInOneLine(async () => {
      const { migrateDatabase } = await import('./migrate.ts');
      await migrateDatabase(process.env, print);
    }),
  );

program
  .command('adopt')
  .description("copy a Lightning database into the service's own, and say what it left; can be repeated")
  .argument('<connection-string>', 'postgresql://user:password@host:5432/database, read only')
  .action((url: string) =>
    endsInOneLine(async () => {
      const { adopt } = await import('./adopt.ts');
      await adopt(process.env, url, print);
    }),
  );

program
  .command('token')
  .description('print a token that the service accepts, and nothing else')
  .requiredOption('--subject <id>', "the user's id, or a service's name")
  .addOption(new Option('--scope <scope>', "a service's scope").choices(['projects:admin', 'projects:read']))
  .option('--email <address>', "the user's address, which makes the user known at first sight")
  .option('--days <number>', 'days until it expires', days, 30)
  .action((options) =>
    endsInOneLine(async () => {
      const { makeToken } = await import('./token.ts');
      print(await makeToken(process.env, options));
    }),
  );

program
  .command('demo')
  .description('show what the running service does: import, sandbox, heads, exports and how they differ')
  .action(() =>
    endsInOneLine(async () => {
      const { demo } = await import('./demo.ts');
      await demo(process.env, print);
    }),
  );

await program.parseAsync();

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function days(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 3650) return number;
  throw new InvalidArgumentError('It must be a whole number from 1 to 3650.');
}
