import type { DescMethodStreaming, DescMethodUnary } from '@bufbuild/protobuf';
import {
  createRegistry,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from '@bufbuild/protobuf';
import { Code, ConnectError, type Transport } from '@connectrpc/connect';
import { ErrorInfoSchema, file_google_rpc_error_details } from '../../src/gen/google/rpc/error_details_pb.ts';
import type { Actor } from './actors.ts';

/** One call and what came of it, as plain JSON. */
export interface Entry {
  /** `Service.Method`. */
  readonly method: string;
  /** Whose token it was made with, and what for. */
  readonly title: string;
  /** `OK`, or the code and the reason of a refusal. */
  readonly expected: string;
  readonly outcome: string;
  /** The answers; of a refusal its code, message and details. */
  readonly content: JsonValue;
}

interface Method<I extends DescMessage, O extends DescMessage> extends DescMethod {
  readonly input: I;
  readonly output: O;
}

const details = createRegistry(file_google_rpc_error_details);

/** Makes calls through one client and writes down what comes of each. Runs in Node and in browsers. */
export class Transcript {
  readonly entries: Entry[] = [];
  readonly #transportOf: (actor: Actor) => Transport;

  constructor(transportOf: (actor: Actor) => Transport) {
    this.#transportOf = transportOf;
  }

  /** A call that has to be answered: the answer, or the last one of a stream. Throws when it is refused. */
  async answer<I extends DescMessage, O extends DescMessage>(
    actor: Actor,
    method: Method<I, O>,
    purpose: string,
    ...requests: readonly MessageInitShape<I>[]
  ): Promise<MessageShape<O>> {
    const answers: MessageShape<O>[] = [];
    const note = this.#noteOf(actor, method, purpose, 'OK');
    try {
      for await (const answer of this.#call(actor, method, requests)) answers.push(answer);
    } catch (error) {
      note(...outcomeOf(error));
      throw new Error(`${method.parent.name}.${method.name}, ${actor}: ${purpose}: ${String(error)}`, {
        cause: error,
      });
    }
    note(
      'OK',
      answers.map((answer) => toJson(method.output, answer)),
    );
    const last = answers.at(-1);
    if (last === undefined) throw new Error(`${method.name} answered nothing`);
    return last;
  }

  /** A call that has to be refused with this code and reason. */
  async refusal<I extends DescMessage, O extends DescMessage>(
    actor: Actor,
    method: Method<I, O>,
    expected: `${string} ${string}`,
    purpose: string,
    ...requests: readonly MessageInitShape<I>[]
  ): Promise<void> {
    const note = this.#noteOf(actor, method, purpose, expected);
    const answers: MessageShape<O>[] = [];
    try {
      for await (const answer of this.#call(actor, method, requests)) answers.push(answer);
      note(
        'OK',
        answers.map((answer) => toJson(method.output, answer)),
      );
    } catch (error) {
      note(...outcomeOf(error));
    }
  }

  #noteOf(actor: Actor, method: DescMethod, purpose: string, expected: string) {
    return (outcome: string, content: JsonValue) => {
      const title = `${actor}: ${purpose}`;
      this.entries.push({
        method: `${method.parent.name}.${method.name}`,
        title,
        expected,
        outcome,
        content,
      });
    };
  }

  async *#call<I extends DescMessage, O extends DescMessage>(
    actor: Actor,
    method: Method<I, O>,
    requests: readonly MessageInitShape<I>[],
  ): AsyncGenerator<MessageShape<O>> {
    const transport = this.#transportOf(actor);
    const rest = [undefined, undefined, undefined] as const;
    // The descriptor's own kind says which of the two it is.
    if (method.methodKind === 'unary') {
      for (const request of requests) {
        yield (await transport.unary(method as DescMethodUnary<I, O>, ...rest, request)).message;
      }
      return;
    }
    const stream = await transport.stream(method as DescMethodStreaming<I, O>, ...rest, inTurn(requests));
    yield* stream.message;
  }
}

async function* inTurn<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}

function outcomeOf(error: unknown): [outcome: string, content: JsonValue] {
  const refusal = ConnectError.from(error);
  const name = Code[refusal.code].replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
  const [info] = refusal.findDetails(ErrorInfoSchema);
  const content = { code: name, message: refusal.rawMessage, details: refusal.details.map(detailJson) };
  return [`${name} ${info?.reason ?? ''}`.trimEnd(), content];
}

function detailJson(detail: ConnectError['details'][number]): JsonValue {
  if (!('type' in detail)) throw new Error('the error did not come over the wire');
  const schema = details.getMessage(detail.type);
  if (schema === undefined) throw new Error(`an error has a detail that nobody knows: ${detail.type}`);
  return { type: detail.type, value: toJson(schema, fromBinary(schema, detail.value)) };
}
