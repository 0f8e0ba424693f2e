import { create, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { Failure, type FailureKind } from '../call/failure.ts';
import { databaseFailure } from '../database/failures.ts';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  RequestInfoSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from '../gen/google/rpc/error_details_pb.ts';

/** `domain` of every ErrorInfo. */
const DOMAIN = 'projects.lightning';

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
export function toConnectError(error: unknown, requestId: string): ConnectError {
  if (error instanceof ConnectError) return withReason(error, requestId);
  const failure = error instanceof Failure ? error : databaseFailure(error);
  if (failure !== undefined) return fromFailure(failure, requestId);
  return connectError(
    `internal error; quote the request id ${requestId} when you report it`,
    Code.Internal,
    [errorInfo('INTERNAL', { request_id: requestId }), requestInfo(requestId)],
    error,
  );
}

function fromFailure({ kind, reason, message, details, cause }: Failure, requestId: string): ConnectError {
  const { fields = [], states = [], resource, metadata = {}, retryAfterMs } = details;
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
  for (const { type, name } of [resource ?? []].flat()) {
    all.push(detail(ResourceInfoSchema, { resourceType: type, resourceName: name }));
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

/** Errors that a listener raised itself (deadline, size, cancellation) get their reason too. */
function withReason(error: ConnectError, requestId: string): ConnectError {
  if (error.details.length > 0) return error;
  const reason = Code[error.code].replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
  return connectError(error.rawMessage, error.code, [errorInfo(reason, {}), requestInfo(requestId)], error);
}

interface OutgoingDetail {
  readonly desc: DescMessage;
  readonly value: MessageInitShape<DescMessage>;
}

function detail<Desc extends DescMessage>(desc: Desc, value: MessageInitShape<Desc>): OutgoingDetail {
  return { desc, value: create(desc, value) };
}

function errorInfo(reason: string, metadata: Readonly<Record<string, string>>): OutgoingDetail {
  return detail(ErrorInfoSchema, { domain: DOMAIN, reason, metadata: { ...metadata } });
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
