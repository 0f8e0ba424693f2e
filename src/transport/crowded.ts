import type { DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { Code, ConnectError } from '@connectrpc/connect';
import { countValues } from '../call/count-values.ts';
import { explain } from './own-errors.ts';

/** How a message is encoded. */
export type Encoding = 'proto' | 'json';

/**
 * The refusal of a message that holds too many fields, those of the messages in it counted; undefined when it does not.
 * Two bytes of an empty message become a hundred, so they are counted before anything is made of them.
 */
export function crowded(
  schema: DescMessage,
  bytes: Uint8Array,
  encoding: Encoding,
  most: number,
): ConnectError | undefined {
  if (!mayBeCrowded(bytes.length, most)) return undefined;
  const count = encoding === 'json' ? countValues(bytes, most) : countAllFields(schema, bytes, most);
  if (count <= most) return undefined;
  return explain(new ConnectError(`the message holds more than ${most} fields`, Code.ResourceExhausted));
}

/** Whether a message of so many bytes can hold more than so many fields: none takes less than two. */
export function mayBeCrowded(bytes: number, most: number): boolean {
  return bytes > 2 * most;
}

function countAllFields(schema: DescMessage, bytes: Uint8Array, most: number): number {
  try {
    return countFields(schema, new BinaryReader(bytes), bytes.length, most);
  } catch {
    // It is no message: whoever reads it says so.
    return 0;
  }
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
