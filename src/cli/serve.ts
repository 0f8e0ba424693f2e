import type { Logger } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Application, Serving } from '../application.ts';
import { openLog } from '../log.ts';
import { readSettings, type Settings } from '../settings.ts';
import { signToken, tokenSettings } from '../token-settings.ts';
import { addressText } from '../transport/listener.ts';
import { endsInOneLine } from './one-line-end.ts';

/** Seconds that the admin token of a service without auth settings is good for. */
const ADMIN_TOKEN_LIFETIME = 30 * 24 * 3600;

/**
 * Runs the service until SIGINT or SIGTERM. What keeps it from starting ends in one clear line each and exit code 1;
 * a signal while it starts, or a second one, ends it at once.
 */
export function serve(env: NodeJS.ProcessEnv): Promise<void> {
  return endsInOneLine(async () => {
    // From the beginning: the first process of a container does not die of a signal that it does not listen to.
    let heed: (signal: string) => void = () => process.exit(0);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => heed(signal));
    const settings = readSettings(env);
    const log = openLog(settings.logLevel);
    const application = await (settings.workers === 1 ? openAlone : openShared)(settings, log);
    const { promise: ended, resolve: end } = Promise.withResolvers<string>();
    heed = end;
    application.onFailure((reason) => {
      log.fatal({ err: reason }, 'the embedded database ended; stopping');
      process.exitCode = 1;
      end('failure');
    });
    // Whoever read it may be gone, or its disk be full.
    process.stdout.on('error', () => {});
    process.stdout.write(await welcome(settings, application));
    const reason = await ended;
    log.info({ reason }, 'stopping: calls in flight may end');
    heed = () => process.exit(1);
    await application.close();
    log.info('stopped');
  });
}

// Each way loads what it runs: who only hands out connections needs nothing of what answers calls, and neither does who
// is told that a setting is wrong.

/** All in this process, whose own metrics are shown with those of the calls. */
export async function openAlone(settings: Settings, log: Logger): Promise<Application> {
  const { openApplication } = await import('../application.ts');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return await openApplication(settings, log, registry);
}

/** Several processes, of which this one answers no calls. */
async function openShared(settings: Settings, log: Logger): Promise<Serving> {
  const { openWorkers } = await import('../workers/open-workers.ts');
  return await openWorkers(settings, log);
}

async function welcome(settings: Settings, { grpcAddress, httpAddress }: Serving): Promise<string> {
  const grpc = addressText(grpcAddress);
  const http = addressText(httpAddress);
  const scheme = settings.tls === undefined ? 'http' : 'https';
  const lines = ['', `gRPC     ${grpc}   (reflection and health included)`, `Connect  ${scheme}://${http}`];
  if (settings.auth.key.kind !== 'generated') return `${[...lines, ''].join('\n')}\n`;

  const token = await signToken(await tokenSettings(settings), {
    subject: 'admin',
    scope: 'projects:admin',
    lifetime: ADMIN_TOKEN_LIFETIME,
  });
  const service = 'lightning.projects.v1.ProjectsService';
  const plaintext = settings.tls === undefined ? ' --http2-prior-knowledge' : '';
  const elsewhere = grpc === addressText(readSettings({}).grpcAddress) ? '' : `GRPC_ADDRESS=${grpc} `;
  return `${[
    ...lines,
    '',
    'A token for everything, good for 30 days on this machine:',
    '',
    `export TOKEN=${token}`,
    '',
    'Try, in another terminal, after the line above:',
    '',
    `curl -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\`,
    `  -d '{"project":{"name":"hello"}}' ${scheme}://${http}/${service}/CreateProject`,
    '',
    `npx buf curl --protocol grpc${plaintext} -H "authorization: Bearer $TOKEN" \\`,
    `  -d '{}' ${scheme}://${grpc}/${service}/ListProjects`,
    '',
    `${elsewhere}npm run demo`,
    '',
  ].join('\n')}\n`;
}
