import type { IncomingHttpHeaders } from 'node:http';
import type { DescMethod } from '@bufbuild/protobuf';
import { base64Decode } from '@bufbuild/protobuf/wire';
import {
  type Compression,
  compressedFlag,
  type EnvelopedMessage,
  pipe,
  readAllBytes,
  transformJoinEnvelopes,
  transformSplitEnvelope,
  type UniversalServerRequest,
} from '@connectrpc/connect/protocol';
import { crowded, type Encoding, mayBeCrowded } from './crowded.ts';
import type { TransportLimits } from './limits.ts';

/** How the bodies of a protocol's requests are made up. */
interface Framing {
  /** Whether messages come in envelopes; otherwise the whole body is one. */
  readonly isEnveloped: boolean;
  /** The header that names the compression. */
  readonly compression: string;
}

const UNARY: Framing = { isEnveloped: false, compression: 'content-encoding' };
const CONNECT: Framing = { isEnveloped: true, compression: 'connect-content-encoding' };
const GRPC: Framing = { isEnveloped: true, compression: 'grpc-encoding' };

const COMPRESSIONS = [UNARY, CONNECT, GRPC].map(({ compression }) => compression);

type Bounds = Pick<TransportLimits, 'messageBytes' | 'fieldsPerMessage'>;

/**
 * Looks at the messages that come over HTTP before Connect's handlers make anything of them, as `messageReader` does for
 * gRPC, and refuses those that hold too many fields.
 */
export class CrowdedMessages {
  readonly #compressions: readonly Compression[];
  readonly #bounds: Bounds;

  constructor(compressions: readonly Compression[], bounds: Bounds) {
    this.#compressions = compressions;
    this.#bounds = bounds;
  }

  /** Whether such a message may come with these headers. */
  mayComeWith(headers: IncomingHttpHeaders): boolean {
    const length = headers['content-length'];
    return (
      length === undefined ||
      mayBeCrowded(Number(length), this.#bounds.fieldsPerMessage) ||
      COMPRESSIONS.some((name) => headers[name] !== undefined)
    );
  }

  /** The request with a body that ends with RESOURCE_EXHAUSTED where such a message would stand. */
  keptFrom(request: UniversalServerRequest, method: DescMethod): UniversalServerRequest {
    const { header, body } = request;
    const type = header.get('content-type') ?? '';
    const framing = framingOf(type);
    const compression = header.get(framing.compression);
    const length = header.get('content-length');
    if (!isStream(body)) return request;

    const encoding = type.includes('json') ? 'json' : 'proto';
    const look = (bytes: Uint8Array, isCompressed: boolean) =>
      this.#refuse(method, bytes, encoding, isCompressed ? compression : null);
    const checked = framing.isEnveloped
      ? pipe(
          body,
          transformSplitEnvelope(this.#bounds.messageBytes),
          (envelopes) => lookedAt(envelopes, look),
          transformJoinEnvelopes(),
        )
      : wholeBody(body, this.#bounds.messageBytes, length, look);
    return { ...request, body: checked };
  }

  /** Throws RESOURCE_EXHAUSTED for such a message in the URL of a GET. */
  async refuseQuery(url: string, method: DescMethod): Promise<void> {
    const query = new URL(url).searchParams;
    const compression = query.get('compression');
    // As long as a URL may be, it is too small for that.
    if (compression === null) return;
    const message = query.get('message') ?? '';
    const bytes = query.get('base64') === '1' ? base64Decode(message) : Buffer.from(message);
    await this.#refuse(method, bytes, query.get('encoding') === 'json' ? 'json' : 'proto', compression);
  }

  async #refuse(
    method: DescMethod,
    bytes: Uint8Array,
    encoding: Encoding,
    compression: string | null,
  ): Promise<void> {
    const { messageBytes, fieldsPerMessage } = this.#bounds;
    // A compression that nobody knows Connect's handler refuses by itself.
    const known = this.#compressions.find(({ name }) => name === compression);
    const plain = known === undefined ? bytes : await known.decompress(bytes, messageBytes);
    const refusal = crowded(method.input, plain, encoding, fieldsPerMessage);
    if (refusal !== undefined) throw refusal;
  }
}

type Look = (bytes: Uint8Array, isCompressed: boolean) => Promise<void>;

function framingOf(contentType: string): Framing {
  if (contentType.startsWith('application/grpc')) return GRPC;
  return contentType.startsWith('application/connect') ? CONNECT : UNARY;
}

function isStream(body: UniversalServerRequest['body']): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

async function* wholeBody(
  body: AsyncIterable<Uint8Array>,
  most: number,
  length: string | null,
  look: Look,
): AsyncGenerator<Uint8Array> {
  const bytes = await readAllBytes(body, most, length);
  await look(bytes, true);
  yield bytes;
}

async function* lookedAt(
  envelopes: AsyncIterable<EnvelopedMessage>,
  look: Look,
): AsyncGenerator<EnvelopedMessage> {
  for await (const envelope of envelopes) {
    await look(envelope.data, (envelope.flags & compressedFlag) !== 0);
    yield envelope;
  }
}
