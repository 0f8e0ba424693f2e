import { randomUUID } from 'node:crypto';
import { Code, type ConnectError } from '@connectrpc/connect';
import type { Logger } from 'pino';
import { Access, type AccessReader } from '../call/access.ts';
import { codeName } from '../call/error-info.ts';
import { Failure } from '../call/failure.ts';
import { errorCode } from '../database/sql-state.ts';
import type { PersonClaims } from '../directory/meet-person.ts';
import { ErrorInfoSchema } from '../gen/google/rpc/error_details_pb.ts';
import type { Authenticate, Identity } from './authenticate.ts';
import { actorUserId, authorize } from './authorize.ts';
import type { CallsInFlight } from './calls-in-flight.ts';
import type { LargeRequests } from './large-requests.ts';
import { loggable } from './loggable-error.ts';
import type { Interceptor, OpenCall } from './open-call.ts';
import { TimeLimit } from './time-limit.ts';
import { validate } from './validate.ts';

export interface InterceptorParts {
  readonly log: Logger;
  readonly authenticate: Authenticate;
  readonly access: AccessReader;
  /** Keeps the mirror of users fresh with what a person's token says. */
  readonly meet: (claims: PersonClaims, requestId: string, signal: AbortSignal) => Promise<void>;
  /** Milliseconds, for unary calls that bring no deadline. */
  readonly defaultDeadlineMs: number;
  readonly inFlight: CallsInFlight;
  readonly largeRequests: LargeRequests;
  readonly observe: (method: string, code: string, seconds: number) => void;
}

/** What every call passes, in this order, whichever listener it came through. */
export function interceptors(parts: InterceptorParts): readonly Interceptor[] {
  return [
    requestId(),
    logging(parts),
    parts.inFlight.interceptor,
    deadline(parts),
    authentication(parts),
    validation(),
    authorization(),
  ];
}

/** What a call is asked before its message is read. */
export function gateInterceptors(parts: InterceptorParts): readonly Interceptor[] {
  return [
    requestId(),
    logging(parts),
    deadline(parts),
    authentication({ ...parts, meet: async () => {} }),
    parts.largeRequests.interceptor,
  ];
}

const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** Takes the caller's `x-request-id` or makes one, and sends it back. */
function requestId(): Interceptor {
  return {
    name: 'request id',
    begin(call) {
      const given = call.context.requestHeader.get('x-request-id');
      call.requestId = given !== null && REQUEST_ID.test(given) ? given : randomUUID();
      call.context.responseHeader.set('x-request-id', call.requestId);
    },
  };
}

/** One line a call: what was called, by whom, how it ended and how long it took; never what was in it. */
function logging({ log, observe }: InterceptorParts): Interceptor {
  return {
    name: 'log',
    end(call, failure, cause) {
      const ms = performance.now() - call.startedAt;
      const code = failure === undefined ? 'OK' : codeName(failure.code);
      observe(call.method, code, ms / 1000);
      const line = {
        method: call.method,
        code,
        ms: Math.round(ms * 10) / 10,
        request_id: call.requestId,
        subject: call.identity?.principal.subject,
        protocol: call.context.protocolName,
      };
      if (failure === undefined) log.debug(line, 'call');
      else if (isOurFault(failure.code)) log.error({ ...line, err: loggable(cause) }, 'call failed');
      else {
        // The reason and not the message, which may quote the request.
        const { reason } = failure.findDetails(ErrorInfoSchema)[0] ?? {};
        log.info({ ...line, reason, cause: unavailableCode(failure, cause) }, 'call refused');
      }
    },
  };
}

/** What a call failed with for which something was unavailable. */
function unavailableCode({ code }: ConnectError, cause: unknown): string | undefined {
  return code === Code.Unavailable ? errorCode(cause) : undefined;
}

function isOurFault(code: Code): boolean {
  return code === Code.Internal || code === Code.Unknown || code === Code.DataLoss;
}

/** Gives unary calls without a deadline one, so that no query runs on for a caller who has given up. */
function deadline({ defaultDeadlineMs }: InterceptorParts): Interceptor {
  const limit = new TimeLimit<OpenCall>(defaultDeadlineMs, ({ context }) => {
    const message = `the call took longer than ${defaultDeadlineMs} ms; send a deadline to allow more`;
    context.abort(new Failure('deadline_exceeded', 'DEFAULT_DEADLINE', message));
  });
  return {
    name: 'deadline',
    begin(call) {
      if (call.descriptor.methodKind !== 'unary' || call.context.timeoutMs() !== undefined) return;
      call.timeLimit = limit;
      limit.begin(call);
    },
    end(call) {
      call.timeLimit?.end(call);
    },
  };
}

function authentication({ authenticate, meet, access }: InterceptorParts): Interceptor {
  return {
    name: 'authentication',
    begin(call) {
      const admit = (identity: Identity) => {
        call.identity = identity;
        call.access = new Access(identity.principal, access, call.ending);
        return identity.claims && meet(identity.claims, call.requestId, call.signal);
      };
      const identity = authenticate(call.context.requestHeader.get('authorization'));
      return identity instanceof Promise ? identity.then(admit) : admit(identity);
    },
  };
}

function validation(): Interceptor {
  return {
    name: 'validation',
    message(call, message) {
      validate(call.descriptor.input, message);
    },
  };
}

/** Decided on the first message of the request: it names the project. */
function authorization(): Interceptor {
  return {
    name: 'authorization',
    async message(call, message, index) {
      if (index > 0) return;
      const { identity, access } = call;
      if (identity === undefined || access === undefined)
        throw new Error('authorization without authentication');
      const { principal } = identity;
      const ask = () => authorize(call.descriptor, message, principal, access);
      await ask();
      call.confirmAccess = (reader) => access.askAnew(reader, ask);
      call.actorUserId = actorUserId(message);
    },
  };
}
