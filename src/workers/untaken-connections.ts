import type { ChildProcess } from 'node:child_process';

interface Connection {
  close(): void;
}

type Send = (message: { readonly seq?: number }, connection?: unknown, ...rest: unknown[]) => boolean;

/**
 * Closes the connections that a worker was handed and has not taken by its end, at most one for each address.
 * `node:cluster` goes on waiting for its word: whoever connected would hang, and this process keep the connection.
 */
export function closeUntaken(worker: ChildProcess): void {
  const handed = new Map<number | undefined, Connection>();
  // The overloads differ only in what is left out.
  const send = worker.send.bind(worker) as Send;
  const note: Send = (message, connection, ...rest) => {
    if (isConnection(connection)) handed.set(message.seq, connection);
    return send(message, connection, ...rest);
  };
  worker.send = note as ChildProcess['send'];
  // How the cluster's own messages are told and answered. One that is not taken goes to another worker.
  worker.on('internalMessage', ({ ack }: { readonly ack?: number }) => handed.delete(ack));
  // With one under way Node tells of no 'disconnect'.
  worker.once('exit', () => {
    for (const connection of handed.values()) connection.close();
  });
}

function isConnection(sent: unknown): sent is Connection {
  return typeof sent === 'object' && sent !== null && 'close' in sent;
}
