import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that holds back what a test wants to come late. */
export interface HeldConnection extends AsyncDisposable {
  /** The same server and database, by this way. */
  readonly url: string;
  /** Resolves when something was held back. */
  readonly held: Promise<void>;
  /** Lets it go on, and everything after it. */
  release(): void;
  /** Breaks the connection that it came by, as a network does. */
  reset(): void;
}

/** Passes everything on to the server of `url`; what a client sends with `text` in it waits for `release`. */
export async function holdBack(url: string, text: string | Buffer): Promise<HeldConnection> {
  const { hostname, port } = new URL(url);
  const held = Promise.withResolvers<void>();
  let holding: Socket | undefined;
  const released = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      // One end closes when the other does, however that happened.
      socket.on('error', () => {});
    }
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
    upstream.pipe(client);
    let sending = Promise.resolve();
    client.on('data', (chunk) => {
      const isHeld = chunk.includes(text);
      if (isHeld) {
        holding = client;
        held.resolve();
      }
      sending = sending.then(async () => {
        if (isHeld) await released.promise;
        if (!client.destroyed) upstream.write(chunk);
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has no port');

  const by = new URL(url);
  by.port = String(address.port);
  return {
    url: by.href,
    held: held.promise,
    release: released.resolve,
    reset() {
      holding?.resetAndDestroy();
      released.resolve();
    },
    async [Symbol.asyncDispose]() {
      released.resolve();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
