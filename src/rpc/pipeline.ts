import type { MikroORM } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import type { AccessReader } from '../call/access.ts';
import type { Call } from '../call/call.ts';
import { CONSISTENCY_TOKEN, readConsistencyToken } from '../call/consistency-token.ts';
import { isReplicaFailure, type Replicas } from '../database/replicas.ts';
import { DatabaseCall, type SharedDatabase } from './database-call.ts';
import type { Pipeline } from './implement.ts';
import { gateInterceptors, type InterceptorParts, interceptors } from './interceptors.ts';
import { toleratesLag } from './lag-tolerant.ts';
import { type CallContext, OpenCall } from './open-call.ts';

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
    Pick<Pipeline, 'slowConsumerMs'> &
    Pick<SharedDatabase, 'streams' | 'transactions'>,
): Pipeline {
  const { streams, transactions } = parts;
  const database = { orm, replicas, streams, transactions };
  const onReplica = new WeakSet<Call>();
  return {
    interceptors: interceptors({ ...parts, access, log }),
    gate: {
      knows: parts.authenticate.knows,
      interceptors: gateInterceptors({ ...parts, access, log }),
    },
    slowConsumerMs: parts.slowConsumerMs,
    // Connect's handlers get nothing else than `createHandlerContext` makes; the gRPC listener's own context is alike.
    open: (descriptor, context) => new OpenCall(descriptor, context as CallContext, log),
    call: (open) => {
      if (replicas === undefined || !toleratesLag(open.descriptor))
        return new DatabaseCall(open, orm, database);
      const replica = replicas.choose(
        readConsistencyToken(open.context.requestHeader.get(CONSISTENCY_TOKEN)),
      );
      const call = new DatabaseCall(open, replica ?? orm, database);
      if (replica !== undefined) onReplica.add(call);
      return call;
    },
    again: (open, call, error) =>
      onReplica.has(call) && !open.signal.aborted && isReplicaFailure(error)
        ? new DatabaseCall(open, orm, database)
        : undefined,
  };
}
