import type { DescMessage, Message } from '@bufbuild/protobuf';
import { refuse } from '../call/failure.ts';
import { violationsOf } from '../call/violations.ts';

/** Throws an INVALID_ARGUMENT that lists every broken rule of the request: {@link violationsOf}. */
export function validate(schema: DescMessage, message: Message): void {
  refuse(violationsOf(schema, message));
}
