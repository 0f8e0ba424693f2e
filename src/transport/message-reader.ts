import { type DescMessage, fromBinary, type Message } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { Code, ConnectError } from '@connectrpc/connect';
import type { TransportLimits } from './limits.ts';
import { explain } from './own-errors.ts';

/** Fields that the contract does not have are left out: each would be kept in a hundred times its two bytes. */
export const BINARY_OPTIONS = { readUnknownFields: false };

/**
 * Reads the messages of one type; RESOURCE_EXHAUSTED in place of one that holds too many fields. Two bytes of an empty
 * one become a hundred, so fields are counted before anything is made of them.
 */
export function messageReader(
  schema: DescMessage,
  { fieldsPerMessage }: Pick<TransportLimits, 'fieldsPerMessage'>,
): (bytes: Uint8Array) => Message | ConnectError {
  return (bytes) => {
    // No field takes less than two bytes.
    const mayBeCrowded = bytes.length > 2 * fieldsPerMessage;
    if (
      mayBeCrowded &&
      countFields(schema, new BinaryReader(bytes), bytes.length, fieldsPerMessage) > fieldsPerMessage
    ) {
      const message = `the message holds more than ${fieldsPerMessage} fields`;
      return explain(new ConnectError(message, Code.ResourceExhausted));
    }
    return fromBinary(schema, bytes, BINARY_OPTIONS);
  };
}

/** The message that was read; throws what came in its place. */
export function requireRead(read: Message | ConnectError): Message {
  if (read instanceof ConnectError) throw read;
  return read;
}

const messagesIn = new WeakMap<DescMessage, ReadonlyMap<number, DescMessage | undefined>>();

/** How many fields a message and those in it hold up to an end, or a number above `most`. */
function countFields(schema: DescMessage, reader: BinaryReader, end: number, most: number): number {
  const messages =
    messagesIn.get(schema) ?? new Map(schema.fields.map(({ number, message }) => [number, message]));
  messagesIn.set(schema, messages);
  let count = 0;
  while (reader.pos < end && count <= most) {
    const [number, wireType] = reader.tag();
    const inner = wireType === WireType.LengthDelimited ? messages.get(number) : undefined;
    count += 1;
    if (inner === undefined) reader.skip(wireType, number);
    else {
      const length = reader.uint32();
      count += countFields(inner, reader, reader.pos + length, most - count);
    }
  }
  return count;
}
