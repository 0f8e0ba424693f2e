import type { DescMethod, Message } from '@bufbuild/protobuf';
import type { ConnectError, createHandlerContext } from '@connectrpc/connect';
import type { Logger } from 'pino';
import type { Access, AccessReader } from '../call/access.ts';
import type { Ending } from '../call/ending.ts';
import type { Identity } from './authenticate.ts';
import type { TimeLimit } from './time-limit.ts';

/** What a listener knows of a call, and how to abort its signal; where that is not made at once, `ending` tells of it too. */
export type CallContext = ReturnType<typeof createHandlerContext> & { readonly ending?: Ending };

/**
 * A call on its way through the interceptors, before there is a principal to speak of. What they fill in is still empty
 * when it begins.
 */
export class OpenCall {
  readonly descriptor: DescMethod;
  /** `Service.Method`. */
  readonly method: string;
  readonly context: CallContext;
  readonly startedAt = performance.now();
  requestId = '';
  log: Logger;
  /** What ends a call that brought no deadline, until it is over. */
  timeLimit: TimeLimit<OpenCall> | undefined;
  /** Set by authentication. */
  identity: Identity | undefined;
  access: Access | undefined;
  /** Authorizes once more, by what the reader sees now; set by authorization. */
  confirmAccess: ((reader: AccessReader) => Promise<void>) | undefined;
  /** The `actor_user_id` of the request: for whom a service acts. */
  actorUserId: string | undefined;

  constructor(descriptor: DescMethod, context: CallContext, log: Logger) {
    this.descriptor = descriptor;
    this.method = `${descriptor.parent.name}.${descriptor.name}`;
    this.context = context;
    this.log = log;
  }

  /** Aborts when the deadline passes or the client goes away. */
  get signal(): AbortSignal {
    return this.context.signal;
  }

  /** The same, for what only waits: {@link signal} is made when somebody asks for it. */
  get ending(): Ending {
    return this.context.ending ?? this.context.signal;
  }
}

/**
 * One concern that every call passes. `begin` runs before the first message, `message` for every message of the
 * request, `end` when the call is over, with what it failed with.
 */
export interface Interceptor {
  readonly name: string;
  begin?(call: OpenCall): void | Promise<void>;
  message?(call: OpenCall, message: Message, index: number): void | Promise<void>;
  end?(call: OpenCall, failure: ConnectError | undefined, cause: unknown): void;
}
