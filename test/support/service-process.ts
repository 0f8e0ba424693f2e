import { type RunningProcess, start } from './processes.ts';

/** The service as `npm start` runs it, a process of its own. */
export interface ServiceProcess extends RunningProcess {
  readonly grpcAddress: string;
  readonly httpUrl: string;
}

/** Free ports, quiet, and nothing else that is not a default. */
export const quietSettings = {
  GRPC_ADDRESS: '127.0.0.1:0',
  HTTP_ADDRESS: '127.0.0.1:0',
  LOG_LEVEL: 'warn',
};

function launchService(env: Readonly<Record<string, string>>): RunningProcess {
  return start(process.execPath, ['src/main.ts'], { env: { ...quietSettings, ...env } });
}

/** Starts the service and waits until it says where it listens. */
export async function startService(env: Readonly<Record<string, string>>): Promise<ServiceProcess> {
  const service = launchService(env);
  const [, grpcAddress = '', httpUrl = ''] = await service.wrote(/^gRPC +(\S+).*\nConnect +(\S+)$/m);
  return Object.assign(service, { grpcAddress, httpUrl });
}

/** Starts a service that must refuse to: how it ended, and what it wrote. */
export async function refusedStart(
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  await using service = launchService(env);
  const { code, stdout, stderr } = await Promise.race([service.ended, service.wrote(/^gRPC/m).then(started)]);
  if (stdout !== '') throw new Error(`the service wrote ${stdout}`);
  return { code, stderr };
}

function started(): never {
  throw new Error('the service started');
}
