import { type DescMessage, fromBinary, type Message } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import { crowded } from './crowded.ts';
import type { TransportLimits } from './limits.ts';

/** Fields that the contract does not have are left out: each would be kept in a hundred times its two bytes. */
export const BINARY_OPTIONS = { readUnknownFields: false };

/** Reads the messages of one type; RESOURCE_EXHAUSTED in place of one that holds too many fields. */
export function messageReader(
  schema: DescMessage,
  { fieldsPerMessage }: Pick<TransportLimits, 'fieldsPerMessage'>,
): (bytes: Uint8Array) => Message | ConnectError {
  return (bytes) =>
    crowded(schema, bytes, 'proto', fieldsPerMessage) ?? fromBinary(schema, bytes, BINARY_OPTIONS);
}

/** The message that was read; throws what came in its place. */
export function requireRead(read: Message | ConnectError): Message {
  if (read instanceof ConnectError) throw read;
  return read;
}
