import { Metadata } from '@grpc/grpc-js';

/**
 * Request metadata as the headers that Connect's handlers read: binary values (`-bin`) in base64, several values of
 * a name joined with a comma.
 */
export function headersFromMetadata(metadata: Metadata): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(metadata.toJSON())) {
    for (const value of values)
      headers.append(name, typeof value === 'string' ? value : value.toString('base64'));
  }
  return headers;
}

// What gRPC's HTTP/2 mapping lets an application send; the rest of a name or value would break the whole answer.
const legalName = /^[0-9a-z_.-]+$/;
const legalValue = /^[ -~]*$/;
const protocolNames =
  /^(?:grpc-.*|content-(?:type|length|encoding)|connection|host|te|trailer|transfer-encoding)$/;

/**
 * Response headers or trailers as metadata. Never throws: what gRPC cannot carry, or what belongs to the protocol
 * itself, is left out.
 */
export function metadataFromHeaders(headers: Headers, metadata = new Metadata()): Metadata {
  for (const [name, value] of headers) {
    if (!legalName.test(name) || !legalValue.test(value) || protocolNames.test(name)) continue;
    if (!name.endsWith('-bin')) metadata.add(name, value);
    else for (const one of value.split(',')) metadata.add(name, Buffer.from(one, 'base64'));
  }
  return metadata;
}
