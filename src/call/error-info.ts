import { create } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { ErrorInfoSchema } from '../gen/google/rpc/error_details_pb.ts';

/** `domain` of every ErrorInfo. */
const DOMAIN = 'projects.lightning';

/** The detail that says why: `reason` is one of ErrorReason, without its prefix. */
export function errorInfo(reason: string, metadata: Readonly<Record<string, string>> = {}) {
  return {
    desc: ErrorInfoSchema,
    value: create(ErrorInfoSchema, { domain: DOMAIN, reason, metadata: { ...metadata } }),
  };
}

/** The name of a code as gRPC writes it, e.g. `NOT_FOUND`; the reason of an error that has no other. */
export function codeName(code: Code): string {
  // The one that Connect spells in another way.
  if (code === Code.Canceled) return 'CANCELLED';
  return Code[code].replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}
