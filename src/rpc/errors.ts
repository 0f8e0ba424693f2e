import { create, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { codeName, errorInfo } from '../call/error-info.ts';
import { Failure, type FailureKind, type FieldViolation, type StateViolation } from '../call/failure.ts';
import { databaseFailure } from '../database/failures.ts';
import {
  BadRequestSchema,
  PreconditionFailureSchema,
  RequestInfoSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from '../gen/google/rpc/error_details_pb.ts';

const codes: Readonly<Record<FailureKind, Code>> = {
  invalid_argument: Code.InvalidArgument,
  unauthenticated: Code.Unauthenticated,
  permission_denied: Code.PermissionDenied,
  not_found: Code.NotFound,
  already_exists: Code.AlreadyExists,
  failed_precondition: Code.FailedPrecondition,
  aborted: Code.Aborted,
  out_of_range: Code.OutOfRange,
  resource_exhausted: Code.ResourceExhausted,
  deadline_exceeded: Code.DeadlineExceeded,
  cancelled: Code.Canceled,
  unavailable: Code.Unavailable,
  unimplemented: Code.Unimplemented,
  internal: Code.Internal,
};

/**
 * What the caller gets to see of an error: an expected failure with its code and details, the database's expected
 * refusals by their constraint or state, and for everything else INTERNAL with the request id and no more.
 */
export function toConnectError(error: unknown, requestId: string, protocol: string): ConnectError {
  if (error instanceof ConnectError) return withReason(error, requestId);
  const failure = error instanceof Failure ? error : (abortFailure(error) ?? databaseFailure(error));
  if (failure !== undefined) return fromFailure(failure, requestId, protocol);
  return connectError(
    `internal error; quote the request id ${requestId} when you report it`,
    Code.Internal,
    [errorInfo('INTERNAL', { request_id: requestId }), requestInfo(requestId)],
    error,
  );
}

/** What an AbortSignal gives as its reason when nobody gave it a better one. */
function abortFailure(error: unknown): Failure | undefined {
  if (!(error instanceof DOMException)) return undefined;
  if (error.name === 'AbortError')
    return new Failure('cancelled', 'CANCELLED', 'the client cancelled the call');
  if (error.name !== 'TimeoutError') return undefined;
  return new Failure('deadline_exceeded', 'DEADLINE_EXCEEDED', 'the deadline has passed');
}

function fromFailure(failure: Failure, requestId: string, protocol: string): ConnectError {
  const { kind, reason, details, cause } = failure;
  const { resource, metadata = {}, retryAfterMs } = details;
  const {
    message,
    fields = [],
    states = [],
  } = protocol === 'grpc' ? thatFitsTrailers(failure) : { ...details, message: failure.message };
  const all: OutgoingDetail[] = [errorInfo(reason, metadata)];
  if (fields.length > 0) {
    all.push(
      detail(BadRequestSchema, {
        fieldViolations: fields.map(({ field, description, rule = '' }) => ({
          field,
          description,
          reason: rule,
        })),
      }),
    );
  }
  if (states.length > 0) all.push(detail(PreconditionFailureSchema, { violations: [...states] }));
  if (resource !== undefined) {
    all.push(detail(ResourceInfoSchema, { resourceType: resource.type, resourceName: resource.name }));
  }
  if (retryAfterMs !== undefined) {
    const retryDelay = {
      seconds: BigInt(Math.floor(retryAfterMs / 1000)),
      nanos: (retryAfterMs % 1000) * 1e6,
    };
    all.push(detail(RetryInfoSchema, { retryDelay }));
  }
  all.push(requestInfo(requestId));
  return connectError(message, codes[kind], all, cause);
}

/**
 * gRPC carries details in a trailer, and its clients take 8 KiB of metadata by default, in base64: longer lists of
 * violations would turn the whole error into RESOURCE_EXHAUSTED. Connect and gRPC-Web carry all of them.
 */
const TRAILER_BYTES = 4000;
/** Bytes of a message as gRPC carries it, percent-encoded. It comes in two of the trailers and may quote the caller. */
const MESSAGE_BYTES = 800;

function thatFitsTrailers({ message, details: { fields = [], states = [] } }: Failure) {
  const rule = 'MORE_PROBLEMS';
  return {
    message: shortened(message),
    fields: thoseThatFit<FieldViolation>(fields, (description) => ({ field: '', description, rule })),
    states: thoseThatFit<StateViolation>(states, (description) => ({ type: rule, subject: '', description })),
  };
}

/** @param rest says of those that are left out how many they are, in their place */
function thoseThatFit<Violation>(
  violations: readonly Violation[],
  rest: (more: string) => Violation,
): readonly Violation[] {
  let bytes = 0;
  const kept = violations.filter((violation) => {
    // About what it takes: the names of its fields stand for their tags and lengths.
    bytes += Buffer.byteLength(JSON.stringify(violation));
    return bytes <= TRAILER_BYTES;
  });
  const more = violations.length - kept.length;
  return more === 0 ? violations : [...kept, rest(`${more} more: call over Connect to see all`)];
}

function shortened(message: string): string {
  let bytes = 0;
  let whole = '';
  for (const character of message.toWellFormed()) {
    bytes += encodeURI(character).length;
    if (bytes > MESSAGE_BYTES) return `${whole}…`;
    whole += character;
  }
  return message;
}

/** Errors that a listener raised itself (deadline, size, cancellation) get their reason too. */
function withReason(error: ConnectError, requestId: string): ConnectError {
  if (error.findDetails(RequestInfoSchema).length > 0) return error;
  const details = [errorInfo(codeName(error.code)), requestInfo(requestId)];
  return connectError(error.rawMessage, error.code, details, error);
}

interface OutgoingDetail {
  readonly desc: DescMessage;
  readonly value: MessageInitShape<DescMessage>;
}

function detail<Desc extends DescMessage>(desc: Desc, value: MessageInitShape<Desc>): OutgoingDetail {
  return { desc, value: create(desc, value) };
}

function requestInfo(requestId: string): OutgoingDetail {
  return detail(RequestInfoSchema, { requestId });
}

function connectError(
  message: string,
  code: Code,
  details: readonly OutgoingDetail[],
  cause: unknown,
): ConnectError {
  return new ConnectError(message, code, undefined, [...details], cause);
}
