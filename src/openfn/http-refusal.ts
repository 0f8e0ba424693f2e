import { Code } from '@connectrpc/connect';
import { BadRequestSchema } from '../gen/google/rpc/error_details_pb.ts';
import { toConnectError } from '../rpc/errors.ts';
import { InvalidState } from './state-errors.ts';

/**
 * HTTP's statuses where Lightning's API has them. To that whatever stands against what is asked is 422, and OpenFn's deploy
 * tool tells the reason of no other; with a 409 the same request may succeed when it is made again.
 */
const statuses: Readonly<Record<Code, number>> = {
  [Code.Canceled]: 499,
  [Code.Unknown]: 500,
  [Code.InvalidArgument]: 422,
  [Code.DeadlineExceeded]: 504,
  [Code.NotFound]: 404,
  [Code.AlreadyExists]: 422,
  [Code.PermissionDenied]: 403,
  [Code.ResourceExhausted]: 429,
  [Code.FailedPrecondition]: 422,
  [Code.Aborted]: 409,
  [Code.OutOfRange]: 422,
  [Code.Unimplemented]: 501,
  [Code.Internal]: 500,
  [Code.Unavailable]: 503,
  [Code.DataLoss]: 500,
  [Code.Unauthenticated]: 401,
};

/** How a call's failure is told over HTTP, as Lightning does: `{error}`, and `{errors}` by field with a 422. */
export function httpRefusal(
  error: unknown,
  requestId: string,
): { readonly status: number; readonly body: unknown } {
  const failure = toConnectError(error, requestId, 'http');
  const status = statuses[failure.code];
  if (status !== 422) return { status, body: { error: failure.rawMessage } };
  if (failure.cause instanceof InvalidState) return { status, body: { errors: failure.cause.errors } };
  const fields = failure.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
  if (fields.length === 0) return { status, body: { errors: { base: [failure.rawMessage] } } };
  const byField = Map.groupBy(fields, ({ field }) => field.replace(/^project\./, ''));
  const errors = [...byField].map(([field, violations]) => [
    field,
    violations.map(({ description }) => description),
  ]);
  return { status, body: { errors: Object.fromEntries(errors) } };
}
