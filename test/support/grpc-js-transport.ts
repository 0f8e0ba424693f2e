import { create, type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import { ConnectError, type Transport } from '@connectrpc/connect';
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { StatusSchema } from '../../src/gen/google/rpc/status_pb.ts';
import { MetadataHeaders } from '../../src/transport/grpc-metadata.ts';
import type { GrpcJsClient } from './grpc-js-client.ts';

/**
 * grpc-js's own client behind Connect's interface, so that the same calls can be made through it. Takes
 * neither deadlines nor signals.
 */
export function grpcJsTransport(client: GrpcJsClient, token?: string): Transport {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return {
    async unary(method, _signal, _timeoutMs, _header, input) {
      const request = create(method.input, input);
      const answer = await client.unary(method, request, { metadata }).catch((error: unknown) => {
        throw connectError(error);
      });
      return {
        stream: false,
        service: method.parent,
        method,
        header: new MetadataHeaders(answer.header),
        trailer: new MetadataHeaders(answer.trailer),
        message: answer.message,
      };
    },
    async stream(method, _signal, _timeoutMs, _header, input) {
      const requests = async function* () {
        for await (const message of input) yield create(method.input, message);
      };
      return {
        stream: true,
        service: method.parent,
        method,
        header: new Headers(),
        trailer: new Headers(),
        message:
          method.methodKind === 'client_streaming'
            ? upload(() => client.clientStream(method, { metadata }), requests())
            : download((request) => client.serverStream(method, request, { metadata }), requests()),
      };
    },
  };
}

async function* upload<I extends DescMessage, O extends DescMessage>(
  open: () => ReturnType<typeof GrpcJsClient.prototype.clientStream<I, O>>,
  requests: AsyncIterable<MessageShape<I>>,
): AsyncGenerator<MessageShape<O>> {
  const { call, answer } = open();
  // A service that refuses early ends the call before everything is sent.
  call.on('error', () => {});
  for await (const request of requests) call.write(request);
  call.end();
  try {
    yield await answer;
  } catch (error) {
    throw connectError(error);
  }
}

async function* download<I, O>(
  open: (request: I) => AsyncIterable<O>,
  requests: AsyncIterable<I>,
): AsyncGenerator<O> {
  for await (const request of requests) {
    try {
      yield* open(request);
    } catch (error) {
      throw connectError(error);
    }
  }
}

/** The status with the details that gRPC sends beside it (`grpc-status-details-bin`). */
function connectError(error: unknown): ConnectError {
  if (!isServiceError(error)) return ConnectError.from(error);
  const converted = new ConnectError(error.details, Number(error.code), undefined, undefined, error);
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  if (!(bytes instanceof Buffer)) return converted;
  const status = fromBinary(StatusSchema, bytes);
  if (status.code !== error.code || status.message !== error.details) {
    throw new Error(`grpc-status-details-bin says ${status.code} ${status.message}`, { cause: error });
  }
  converted.details = status.details.map(({ typeUrl, value }) => ({
    type: typeUrl.slice(typeUrl.lastIndexOf('/') + 1),
    value,
  }));
  return converted;
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'details' in error && 'metadata' in error;
}
