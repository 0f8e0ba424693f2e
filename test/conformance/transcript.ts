import {
  createRegistry,
  type DescMessage,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
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

/** `Service.Method`. */
export function nameOf({ parent, name }: DescMethod): string {
  return `${parent.name}.${name}`;
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
    const { answers, error } = await this.#make(actor, method, 'OK', purpose, requests);
    const last = answers.at(-1);
    if (error === undefined && last !== undefined) return last;
    throw new Error(`${nameOf(method)}, ${actor}: ${purpose}: ${String(error)}`, { cause: error });
  }

  /** A stream that does not end by itself: its first answer. */
  async firstAnswer<I extends DescMessage, O extends DescMessage>(
    actor: Actor,
    method: Method<I, O>,
    purpose: string,
    request: MessageInitShape<I>,
  ): Promise<void> {
    const { answers, error } = await this.#make(actor, method, 'OK', purpose, [request], 1);
    if (answers.length !== 1) throw new Error(`${nameOf(method)}: ${String(error)}`, { cause: error });
  }

  /** A call that has to be refused with this code and reason. */
  async refusal<I extends DescMessage, O extends DescMessage>(
    actor: Actor,
    method: Method<I, O>,
    expected: `${string} ${string}`,
    purpose: string,
    ...requests: readonly MessageInitShape<I>[]
  ): Promise<void> {
    await this.#make(actor, method, expected, purpose, requests);
  }

  async #make<I extends DescMessage, O extends DescMessage>(
    actor: Actor,
    method: Method<I, O>,
    expected: string,
    purpose: string,
    requests: readonly MessageInitShape<I>[],
    enough = Number.POSITIVE_INFINITY,
  ): Promise<{ readonly answers: readonly MessageShape<O>[]; readonly error: unknown }> {
    const answers: MessageShape<O>[] = [];
    let error: unknown;
    try {
      for await (const answer of this.#call(actor, method, requests)) {
        answers.push(answer);
        if (answers.length >= enough) break;
      }
    } catch (caught) {
      error = caught;
    }
    const json = answers.map((answer) => toJson(method.output, answer));
    const [outcome, content] = error === undefined ? ['OK', json] : outcomeOf(error);
    this.entries.push({ method: nameOf(method), title: `${actor}: ${purpose}`, expected, outcome, content });
    return { answers, error };
  }

  async *#call<I extends DescMessage, O extends DescMessage>(
    actor: Actor,
    method: Method<I, O>,
    requests: readonly MessageInitShape<I>[],
  ): AsyncGenerator<MessageShape<O>> {
    const transport = this.#transportOf(actor);
    const leave = new AbortController();
    const rest = [leave.signal, undefined, undefined] as const;
    // The descriptor's own kind says which of the two it is.
    if (method.methodKind === 'unary') {
      for (const request of requests) {
        yield (await transport.unary(method as DescMethodUnary<I, O>, ...rest, request)).message;
      }
      return;
    }
    const stream = await transport.stream(method as DescMethodStreaming<I, O>, ...rest, inTurn(requests));
    try {
      for await (const message of stream.message) yield message;
    } finally {
      leave.abort();
    }
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
