import { type Code, ConnectError } from '@connectrpc/connect';
import { status } from '@grpc/grpc-js';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  ResourceInfoSchema,
} from '../../src/gen/google/rpc/error_details_pb.ts';

/** How a call was refused, in plain values. */
export interface Refusal {
  /** As gRPC writes it, e.g. `INVALID_ARGUMENT`. */
  readonly code: string;
  readonly reason: string | undefined;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** BadRequest: field → its violated rule, or its description where the rule has no name. */
  readonly fields: Readonly<Record<string, string>>;
  /** PreconditionFailure: the subjects. */
  readonly subjects: readonly string[];
  /** ResourceInfo, as `type/name`. */
  readonly resources: readonly string[];
}

/** Waits for a call that must fail. */
export async function refusal(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    return read(ConnectError.from(error));
  }
  throw new Error('the call was not refused');
}

/** How a call ended: `done` when it was answered, else the reason why it was refused. */
export async function ending(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'done';
  } catch (error) {
    return read(ConnectError.from(error)).reason ?? 'no reason';
  }
}

function read(error: ConnectError): Refusal {
  const [info] = error.findDetails(ErrorInfoSchema);
  const violations = error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
  const states = error.findDetails(PreconditionFailureSchema).flatMap(({ violations: all }) => all);
  return {
    code: codeName(error.code),
    reason: info?.reason,
    message: error.rawMessage,
    metadata: info?.metadata ?? {},
    fields: Object.fromEntries(
      violations.map(({ field, reason, description }) => [field, reason || description]),
    ),
    subjects: states.map(({ subject }) => subject),
    resources: error
      .findDetails(ResourceInfoSchema)
      .map(({ resourceType, resourceName }) => `${resourceType}/${resourceName}`),
  };
}

/** The name of a code as gRPC writes it. */
export function codeName(code: Code): string {
  return status[code] ?? '';
}
