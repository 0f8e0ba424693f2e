import { create, type DescMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { type ClientReadableStream, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { GrpcJsClient } from '../../support/grpc-js-client.ts';

type Method<I extends DescMessage, O extends DescMessage> = Parameters<
  typeof GrpcJsClient.prototype.unary<I, O>
>[0];

/** A call that failed, as its client saw it. */
export interface Failure {
  readonly method: string;
  readonly code: string;
  readonly details: string;
}

/** Clients of several replicas that call again what was UNAVAILABLE, and note every failure. */
export class Clients {
  readonly failures: Failure[] = [];
  readonly #route: () => GrpcJsClient;
  readonly #metadata = new Metadata();

  /** @param route whom to ask next */
  constructor(route: () => GrpcJsClient, token: string) {
    this.#route = route;
    this.#metadata.set('authorization', `Bearer ${token}`);
  }

  /** Calls until there is an answer; throws any other failure than UNAVAILABLE. */
  async call<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    for (;;) {
      const answer = await this.#attempt(method, request);
      if (!(answer instanceof Error)) return answer;
    }
  }

  /**
   * The same for what cannot be done twice.
   *
   * @param done what the service answers to what has been done
   * @returns whether it was a repeat that found it done
   */
  async callOnce<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageInitShape<I>,
    done: status,
  ): Promise<boolean> {
    for (let earlier: status | undefined; ; earlier = done) {
      const answer = await this.#attempt(method, request, earlier);
      if (!(answer instanceof Error)) return false;
      if (answer.code === earlier) return true;
    }
  }

  /** Streams until a stream ended by itself; begins anew, with what `request` then says, after UNAVAILABLE. */
  async stream<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: () => MessageInitShape<I>,
    take: (stream: ClientReadableStream<MessageShape<O>>) => Promise<void>,
  ): Promise<void> {
    for (;;) {
      const message = create(method.input, request());
      try {
        return await take(this.#route().serverStream(method, message, { metadata: this.#metadata }));
      } catch (error) {
        this.#note(method.name, error);
      }
    }
  }

  /** An answer, or a failure that may be followed by another attempt. */
  async #attempt<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageInitShape<I>,
    expected?: status,
  ): Promise<MessageShape<O> | ServiceError> {
    const message = create(method.input, request);
    try {
      return (await this.#route().unary(method, message, { metadata: this.#metadata })).message;
    } catch (error) {
      if (isServiceError(error) && error.code === expected) return error;
      return this.#note(method.name, error);
    }
  }

  #note(method: string, error: unknown): ServiceError {
    if (!isServiceError(error)) throw error;
    this.failures.push({ method, code: status[error.code], details: error.details });
    if (error.code !== status.UNAVAILABLE) throw error;
    return error;
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'details' in error && 'metadata' in error;
}
