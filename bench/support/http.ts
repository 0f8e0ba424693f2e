import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection over which one request at a time goes, as a client does it that costs next to nothing. */
export class HttpConnection implements Disposable {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #answered: ((body: Buffer) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => this.#hear(bytes));
    socket.on('error', (error) => this.#failed?.(error));
    socket.on('close', () => this.#failed?.(new Error('the connection was closed')));
  }

  /** @param address host and port */
  static async open(address: string): Promise<HttpConnection> {
    const { hostname, port } = new URL(`http://${address}`);
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    await once(socket, 'connect');
    return new HttpConnection(socket);
  }

  /** The body of the answer; throws unless its status is 200. */
  send(request: Buffer): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    this.#answered = resolve;
    this.#failed = reject;
    this.#socket.write(request);
    return promise;
  }

  [Symbol.dispose](): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #hear(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#received.toString('latin1', 0, end);
    const start = end + 4;
    const length = /^content-length: (\d+)/im.exec(head)?.[1];
    const body = length === undefined ? this.#chunked(start) : this.#sized(start, Number(length));
    if (body === undefined) return;
    this.#received = Buffer.alloc(0);
    if (head.startsWith('HTTP/1.1 200 ')) this.#answered?.(body);
    else this.#failed?.(new Error(`${head.slice(0, head.indexOf('\r'))}: ${body}`));
  }

  #sized(start: number, length: number): Buffer | undefined {
    return this.#received.length < start + length
      ? undefined
      : this.#received.subarray(start, start + length);
  }

  /** Of one chunk, as small answers come. */
  #chunked(start: number): Buffer | undefined {
    if (!this.#received.subarray(-5).equals(LAST_CHUNK)) return undefined;
    const line = this.#received.indexOf('\r\n', start);
    const size = Number.parseInt(this.#received.toString('latin1', start, line), 16);
    return this.#received.subarray(line + 2, line + 2 + size);
  }
}

const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** A request of Connect's unary protocol as it goes over the wire. */
export function connectRequest(path: string, message: Uint8Array, token?: string): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: localhost',
    'content-type: application/proto',
    'connect-protocol-version: 1',
    `content-length: ${message.length}`,
    ...(token === undefined ? [] : [`authorization: ${token}`]),
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), message]);
}
