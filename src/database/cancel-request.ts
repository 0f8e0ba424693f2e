import { type Client, Connection, type ConnectionConfig } from 'pg';

/** Milliseconds within which the server must have dealt with a request. */
const ANSWER_MS = 10_000;

/** What the declarations of `pg` leave out: as whom the server, or the pooler before it, knows the session. */
type Session = Client & {
  readonly processID: number;
  readonly secretKey: number;
  readonly ssl: ConnectionConfig['ssl'];
};

/** What they leave out of this. */
interface Protocol extends Connection {
  connect(portOrPath: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
}

/**
 * Asks for the end of the query that a connected client runs, by the protocol's CancelRequest: behind a pooler it is
 * the only way, since the process that runs the query is not the one that the client was told of. It takes no session
 * of the server, of which there may be none left just when it matters.
 *
 * Resolves when the server has dealt with it, or the client's session has ended, so that no later query can meet it.
 * Rejects when the server cannot be reached or does not answer; then a request that was sent may still come to it.
 */
export function requestCancellation(client: Client): Promise<void> {
  const { host, port, ssl, processID, secretKey } = client as Session;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const connection = new Connection({ ssl }) as Protocol;
  const leave = () => connection.stream.destroy();
  client.once('end', leave);
  const late = setTimeout(() => connection.stream.destroy(new Error('no answer')), ANSWER_MS);
  const send = () => connection.cancel(processID, secretKey);
  connection.once('connect', () => (ssl ? connection.requestSsl() : send())).once('sslconnect', send);
  connection.on('error', reject).once('end', () => {
    clearTimeout(late);
    client.off('end', leave);
    resolve();
  });
  if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
  else connection.connect(port, host);
  return promise;
}
