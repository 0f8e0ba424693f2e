import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema } from '../gen/google/rpc/error_details_pb.ts';
import { readSettings, type Settings } from '../settings.ts';
import { StartupError } from '../startup-error.ts';
import { presentTokenSettings, signToken } from '../token-settings.ts';
import { addressText } from '../transport/listener.ts';
import { demoTour } from './demo-tour.ts';
import { connectTo } from './service-connection.ts';

/**
 * Shows what a running service does, step by step; see {@link demoTour}. It is found at GRPC_ADDRESS, and called
 * with TOKEN, or else with a token signed here as the service's own settings allow.
 *
 * @throws StartupError in one line when the service does not run, or refuses
 */
export async function demo(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<void> {
  const settings = readSettings(env);
  const address = addressText(settings.grpcAddress);
  const token = env.TOKEN || (await ownToken(settings));
  using connection = connectTo(`${settings.tls === undefined ? 'http' : 'https'}://${address}`, token);
  try {
    await demoTour(connection, say);
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    throw new StartupError(explain(error, address), { cause: error });
  }
}

/** Good for the minutes that a demo takes. */
async function ownToken(settings: Settings): Promise<string> {
  return await signToken(await presentTokenSettings(settings), {
    subject: 'demo',
    scope: 'projects:admin',
    lifetime: 600,
  });
}

function explain(error: ConnectError, address: string): string {
  const [info] = error.findDetails(ErrorInfoSchema);
  // What the service itself says always has a reason.
  if (info === undefined && error.code === Code.Unavailable) {
    return `no service answers at ${address}: start it with npm start, or set GRPC_ADDRESS to where it listens`;
  }
  const hint = error.code === Code.Unauthenticated ? '; set TOKEN to the one that npm start prints' : '';
  return `the service at ${address} refused: ${error.rawMessage} (${info?.reason ?? Code[error.code]})${hint}`;
}
