import type { DescMethod } from '@bufbuild/protobuf';
import type { ConnectError, createHandlerContext } from '@connectrpc/connect';
import type { Logger } from 'pino';
import type { Access, AccessReader } from '../call/access.ts';
import type { Identity } from './authenticate.ts';

/** What a listener knows of a call, and how to abort its signal. */
export type CallContext = ReturnType<typeof createHandlerContext>;

/** A call on its way through the interceptors, before there is a principal to speak of. */
export interface OpenCall {
  readonly descriptor: DescMethod;
  /** `Service.Method`. */
  readonly method: string;
  readonly context: CallContext;
  readonly startedAt: number;
  requestId: string;
  log: Logger;
  /** Aborts when the deadline passes or the client goes away. */
  readonly signal: AbortSignal;
  /** Ends a call that brought no deadline; cleared when the call is over. */
  timeLimit: NodeJS.Timeout | undefined;
  /** Set by authentication. */
  identity: Identity | undefined;
  access: Access | undefined;
  /** Authorizes once more, by what the reader sees now; set by authorization. */
  confirmAccess: ((reader: AccessReader) => Promise<void>) | undefined;
  /** The `actor_user_id` of the request: for whom a service acts. */
  actorUserId: string | undefined;
}

/**
 * One concern that every call passes. `begin` runs before the first message, `message` for every message of the
 * request, `end` when the call is over, with what it failed with.
 */
export interface Interceptor {
  readonly name: string;
  begin?(call: OpenCall): void | Promise<void>;
  message?(
    call: OpenCall,
    message: import('@bufbuild/protobuf').Message,
    index: number,
  ): void | Promise<void>;
  end?(call: OpenCall, failure: ConnectError | undefined, cause: unknown): void;
}
