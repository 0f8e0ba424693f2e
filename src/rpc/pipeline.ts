import type { DescMethod } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import type { AccessReader } from '../call/access.ts';
import type { Call } from '../call/call.ts';
import { CONSISTENCY_TOKEN, readConsistencyToken, writeConsistencyToken } from '../call/consistency-token.ts';
import { accessReaderIn } from '../database/access-reader.ts';
import { runChange } from '../database/change.ts';
import type { FairPlaces } from '../database/fair-places.ts';
import { Queries } from '../database/queries.ts';
import { isReplicaFailure, type Replicas } from '../database/replicas.ts';
import { openSnapshot, runSnapshot } from '../database/snapshot.ts';
import type { StreamPlaces } from '../database/stream-places.ts';
import type { Pipeline } from './implement.ts';
import { gateInterceptors, type InterceptorParts, interceptors } from './interceptors.ts';
import { toleratesLag } from './lag-tolerant.ts';
import type { CallContext, OpenCall } from './open-call.ts';

/**
 * The way of every call through this service, over one database. Reads that tolerate lag go to its replicas, if there are
 * any; then changes answer with a token by which their caller is sure to read them.
 */
export function pipeline(
  orm: MikroORM,
  replicas: Replicas | undefined,
  access: AccessReader,
  log: Logger,
  parts: Omit<InterceptorParts, 'access' | 'log'> &
    Pick<Pipeline, 'slowConsumerMs'> & {
      readonly streams: StreamPlaces;
      readonly transactions: FairPlaces;
    },
): Pipeline {
  const onReplica = new WeakSet<Call>();
  const callOn = (source: MikroORM, open: OpenCall): Call => {
    const { identity, access: own, method, requestId, signal, log: logger, actorUserId } = open;
    if (identity === undefined || own === undefined)
      throw new Error(`${method} was reached without authentication`);
    const { principal } = identity;
    const actorId = principal.kind === 'user' ? principal.userId : (actorUserId ?? null);
    const service = principal.kind === 'service' ? principal.subject : null;
    // What a service may do depends on nothing that a transaction could see.
    const confirm =
      principal.kind === 'service' ? undefined : (db: Queries) => confirmAccess(open, accessReaderIn(db));
    const author = { actorId, service, method, requestId };
    const inPlace = async <T>(work: () => Promise<T>): Promise<T> => {
      using _place = await parts.transactions.take(principal, signal);
      return await work();
    };
    return {
      method,
      requestId,
      principal,
      actorId,
      signal,
      log: logger,
      read: new Queries(source.em.getKysely(), signal),
      access: own,
      change: async (work, options) => {
        const answer = await inPlace(() => runChange(orm, author, signal, work, { ...options, confirm }));
        if (replicas !== undefined && options?.validateOnly !== true) await giveToken(open, replicas);
        return answer;
      },
      snapshot: (work) => inPlace(() => runSnapshot(source, signal, work)),
      openSnapshot: () => parts.streams.open(principal, signal, () => openSnapshot(source, signal)),
    };
  };
  return {
    interceptors: interceptors({ ...parts, access, log }),
    gate: {
      knows: parts.authenticate.knows,
      interceptors: gateInterceptors({ ...parts, access, log }),
    },
    slowConsumerMs: parts.slowConsumerMs,
    open: (descriptor, context) => open(descriptor, context, log),
    call: (open) => {
      if (replicas === undefined || !toleratesLag(open.descriptor)) return callOn(orm, open);
      const replica = replicas.choose(
        readConsistencyToken(open.context.requestHeader.get(CONSISTENCY_TOKEN)),
      );
      const call = callOn(replica ?? orm, open);
      if (replica !== undefined) onReplica.add(call);
      return call;
    },
    again: (open, call, error) =>
      onReplica.has(call) && !open.signal.aborted && isReplicaFailure(error) ? callOn(orm, open) : undefined,
  };
}

async function confirmAccess(
  { confirmAccess: confirm, method }: OpenCall,
  reader: AccessReader,
): Promise<void> {
  if (confirm === undefined) throw new Error(`${method} changes something and was not authorized`);
  await confirm(reader);
}

/** Tells the caller of a change how far whoever reads it must have got. */
async function giveToken({ context, log }: OpenCall, replicas: Replicas): Promise<void> {
  try {
    context.responseHeader.set(CONSISTENCY_TOKEN, writeConsistencyToken(await replicas.position()));
  } catch (error) {
    // The change was committed: that must not seem to have failed.
    log.warn({ err: error }, 'a change has no consistency token');
  }
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
    confirmAccess: undefined,
    actorUserId: undefined,
  };
}
