import type { Server, Socket } from 'node:net';
import type { Address } from '../settings.ts';
import { StartupError } from '../startup-error.ts';

/** An open port that takes calls until it is drained or closed; both may be asked for again. */
export interface Listener {
  /** Where it listens, with the port that was really bound. */
  readonly address: Address;
  /**
   * Takes no new connections and lets the calls in flight end; what still runs after `graceMs` milliseconds is cut
   * off. Resolves when every connection is gone.
   */
  drain(graceMs: number): Promise<void>;
  /** {@link Listener.drain} without grace. */
  close(): Promise<void>;
}

interface ListenOptions {
  readonly server: Server;
  readonly address: Address;
  readonly setting: 'GRPC_ADDRESS' | 'HTTP_ADDRESS';
  /** Asks the peers to leave: called once, when draining begins, where closing the server does not. */
  readonly sayGoodbye?: () => void;
}

/**
 * Binds a server to its address.
 *
 * @throws StartupError when the address cannot be bound
 */
export async function listen({ server, address, setting, sayGoodbye }: ListenOptions): Promise<Listener> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  const bound = await bind(server, address).catch((cause: unknown) => {
    throw listenFailure(setting, address, cause);
  });

  let closed: Promise<void> | undefined;
  const drain = (graceMs: number): Promise<void> => {
    if (closed === undefined) {
      closed = new Promise((resolve) => server.close(() => resolve()));
      sayGoodbye?.();
    }
    const cutOff = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, graceMs);
    return closed.finally(() => clearTimeout(cutOff));
  };
  return { address: bound, drain, close: () => drain(0) };
}

/** `host:port`, an IPv6 host in brackets. */
export function addressText({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function bind(server: Server, { host, port }: Address): Promise<Address> {
  const { promise, resolve, reject } = Promise.withResolvers<Address>();
  server.once('error', reject);
  server.listen(port, host, () => {
    server.off('error', reject);
    const bound = server.address();
    resolve({ host, port: typeof bound === 'object' && bound !== null ? bound.port : port });
  });
  return promise;
}

function listenFailure(setting: string, address: Address, cause: unknown): StartupError {
  const inUse = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
  const reason = inUse ? 'something else listens there' : String(cause);
  return new StartupError(
    `cannot listen on ${addressText(address)}: ${reason}. Set ${setting} to another host:port.`,
    { cause },
  );
}
