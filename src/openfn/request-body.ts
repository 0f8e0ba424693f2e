import { isUtf8 } from 'node:buffer';
import { countValues } from '../call/count-values.ts';
import { Failure } from '../call/failure.ts';
import { isUuid } from '../call/value-rule.ts';
import type { HttpRequest } from '../transport/http-exchange.ts';

/** Bytes of a document, as many as ImportProject takes. */
const BODY_BYTES = 16 * 1024 * 1024;
/** Values of a document. A real one of 16 MiB has fewer; one of nothing but `[]` keeps the process for seconds. */
const BODY_VALUES = 1_000_000;

/** A document as it came: whose fields are still to be looked at. */
export type StateDocument = Readonly<Record<string, unknown>>;

/**
 * The document in a request's body. Throws INVALID_ARGUMENT for one above 16 MiB or 1,000,000 values, and for what is no
 * JSON object.
 */
export async function readDocument(request: HttpRequest): Promise<StateDocument> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // The connection outlives a body that is not read to its end.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += chunk.length;
      if (size > BODY_BYTES) throw new Failure('invalid_argument', 'DOCUMENT_INVALID', TOO_LARGE);
      chunks.push(chunk);
    }
  } catch (cause) {
    throw cause instanceof Failure
      ? cause
      : new Failure('cancelled', 'CANCELLED', 'the client left', { cause });
  }
  const body = Buffer.concat(chunks);
  // What cannot be decoded would be replaced, and stored so.
  if (!isUtf8(body)) throw new Failure('invalid_argument', 'DOCUMENT_INVALID', 'the document is not UTF-8');
  if (countValues(body, BODY_VALUES) > BODY_VALUES) {
    throw new Failure(
      'invalid_argument',
      'DOCUMENT_INVALID',
      `the document holds more than ${BODY_VALUES} values`,
    );
  }
  return parseState(body.toString());
}

const TOO_LARGE = `the document is larger than ${BODY_BYTES} bytes`;

/** The id that a document gives its project; empty where it gives none that could be one. */
export function stateId({ id }: StateDocument): string {
  return typeof id === 'string' && isUuid(id) ? id.toLowerCase() : '';
}

function parseState(text: string): StateDocument {
  const value = parsed(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new Failure('invalid_argument', 'DOCUMENT_INVALID', 'the document must be a JSON object');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure('invalid_argument', 'DOCUMENT_INVALID', 'the document is not JSON');
  }
}
