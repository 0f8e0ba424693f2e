import type { IncomingHttpHeaders } from 'node:http';
import type { Server } from 'node:net';
import { hearStreamsWhileOpen } from './created-streams.ts';

/** Milliseconds that Node's timers reach, almost 25 days. */
const LONGEST_MS = 2 ** 31 - 1;

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000 };

/**
 * Brings a deadline that is farther away than timers reach to as far as they do: grpc-js and Connect take such a one for
 * one that has passed.
 */
export function bringNearer(headers: IncomingHttpHeaders): void {
  const [, amount, unit = ''] = /^(\d{1,8})([HMS])$/.exec(String(headers['grpc-timeout'])) ?? [];
  if (Number(amount) * (unitMs[unit] ?? 0) > LONGEST_MS)
    headers['grpc-timeout'] = `${Math.floor(LONGEST_MS / 1000)}S`;

  const connectMs = headers['connect-timeout-ms'];
  // Ten digits are what the protocol allows.
  if (/^\d{10}$/.test(String(connectMs)) && Number(connectMs) > LONGEST_MS)
    headers['connect-timeout-ms'] = String(LONGEST_MS);
}

/**
 * {@link bringNearer} for every HTTP/2 call of this process while a server listens. grpc-js starts its timer before
 * anything of ours sees a call, and only Node itself tells of the call earlier.
 */
export function bringNearerWhileOpen(server: Server): void {
  hearStreamsWhileOpen(server, ({ headers }) => bringNearer(headers));
}
