import type { DescMethod } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import type { AccessReader } from '../call/access.ts';
import type { Call } from '../call/call.ts';
import { runChange } from '../database/change.ts';
import { Queries } from '../database/queries.ts';
import { openSnapshot, runSnapshot } from '../database/snapshot.ts';
import type { Pipeline } from './implement.ts';
import { type InterceptorParts, interceptors } from './interceptors.ts';
import type { CallContext, OpenCall } from './open-call.ts';

/** The way of every call through this service, over one database. */
export function pipeline(
  orm: MikroORM,
  access: AccessReader,
  log: Logger,
  parts: Omit<InterceptorParts, 'access' | 'log'> & Pick<Pipeline, 'slowConsumerMs'>,
): Pipeline {
  const base = orm.em.getKysely();
  return {
    interceptors: interceptors({ ...parts, access, log }),
    slowConsumerMs: parts.slowConsumerMs,
    open: (descriptor, context) => open(descriptor, context, log),
    call: ({ identity, access: own, method, requestId, signal, log: logger, actorUserId }) => {
      if (identity === undefined || own === undefined)
        throw new Error(`${method} was reached without authentication`);
      const { principal } = identity;
      const actorId = principal.kind === 'user' ? principal.userId : (actorUserId ?? null);
      const service = principal.kind === 'service' ? principal.subject : null;
      const author = { actorId, service, method, requestId };
      return {
        method,
        requestId,
        principal,
        actorId,
        signal,
        log: logger,
        read: new Queries(base, signal),
        access: own,
        change: (work, options) => runChange(orm, author, signal, work, options),
        snapshot: (work) => runSnapshot(orm, signal, work),
        openSnapshot: () => openSnapshot(orm, signal),
      } satisfies Call;
    },
  };
}

function open(descriptor: DescMethod, handlerContext: HandlerContext, log: Logger): OpenCall {
  // Connect's handlers get nothing else from it than `createHandlerContext` makes; the gRPC listener's own is alike.
  const context = handlerContext as CallContext;
  return {
    descriptor,
    method: `${descriptor.parent.name}.${descriptor.name}`,
    context,
    startedAt: performance.now(),
    requestId: '',
    log,
    signal: context.signal,
    timeLimit: undefined,
    identity: undefined,
    access: undefined,
    actorUserId: undefined,
  };
}
