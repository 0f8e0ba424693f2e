/** What a listener takes from its clients, so that none can starve the others. Times are milliseconds. */
export interface TransportLimits {
  /** Bytes of one received message, decompressed; more is RESOURCE_EXHAUSTED. */
  readonly messageBytes: number;
  /** Fields of one received message, those of the messages in it counted; more is RESOURCE_EXHAUSTED. */
  readonly fieldsPerMessage: number;
  /** Calls that one HTTP/2 connection may have open at once. */
  readonly callsPerConnection: number;
  /** After so long without traffic a gRPC connection is asked whether its peer is still there. */
  readonly keepaliveMs: number;
  /** A peer that does not answer that for so long is gone: its calls are cancelled. */
  readonly keepaliveTimeoutMs: number;
  /** Age at which a gRPC connection is told to reconnect, give or take a tenth. */
  readonly connectionAgeMs: number;
  /** How long calls may go on over a connection that reached its age. */
  readonly connectionAgeGraceMs: number;
  /** Time for a client's TLS handshake, and for the headers of one HTTP/1.1 request. */
  readonly headersMs: number;
  /** Time for one HTTP/1.1 request to arrive whole. */
  readonly requestMs: number;
  /** How long an idle HTTP/1.1 connection is kept. */
  readonly idleMs: number;
}

export const defaultTransportLimits: TransportLimits = {
  // An imported document may hold 16 MiB; the rest is for the fields around it.
  messageBytes: 17 * 1024 * 1024,
  // A batch of history may hold 30,000 records of up to 11 fields.
  fieldsPerMessage: 350_000,
  // Far above what one caller needs, and a bound for what one connection can make the process hold.
  callsPerConnection: 1000,
  // Often enough to free a watcher's resources soon after its machine vanished, and to keep NATs and proxies,
  // which commonly forget a connection after a few minutes, from dropping a quiet stream.
  keepaliveMs: 60_000,
  keepaliveTimeoutMs: 20_000,
  // gRPC clients keep one connection for ever: only ending it lets a load balancer move them to new instances.
  connectionAgeMs: 30 * 60_000,
  // Longer than any unary call or export should run. A watch is cut off and resumes on the new connection.
  connectionAgeGraceMs: 5 * 60_000,
  // Enough for a slow mobile network, too little for holding many sockets with a header a second (slowloris).
  headersMs: 10_000,
  // 17 MiB at half a megabit a second.
  requestMs: 5 * 60_000,
  // Longer than the 60 seconds after which common load balancers close an idle connection themselves: else one
  // could send a request into a connection that is being closed here.
  idleMs: 65_000,
};
