import { create, toBinary } from '@bufbuild/protobuf';
import { type Any, AnySchema, anyPack } from '@bufbuild/protobuf/wkt';
import type { ConnectError } from '@connectrpc/connect';
import type { Metadata, StatusObject } from '@grpc/grpc-js';
import { StatusSchema } from '../gen/google/rpc/status_pb.ts';
import { MetadataHeaders } from './grpc-metadata.ts';

/**
 * What a failed call answers over gRPC: the error's code, message and metadata, and its details as
 * `grpc-status-details-bin`, byte for byte what Connect's own gRPC handler sends.
 *
 * @param trailer what the method set before it failed; the error's metadata is added to it
 */
export function statusOf(error: ConnectError, trailer?: Metadata): StatusObject {
  const headers = new MetadataHeaders(trailer);
  for (const [name, value] of error.metadata) headers.append(name, value);
  const { metadata } = headers;
  // Connect's codes have the numbers of gRPC's.
  const code: number = error.code;
  // grpc-js percent-encodes the message, which throws on half a surrogate pair (a text cut in its middle).
  const message = error.rawMessage.toWellFormed();
  if (error.details.length > 0) {
    const status = create(StatusSchema, { code, message, details: error.details.map(packed) });
    metadata.set('grpc-status-details-bin', Buffer.from(toBinary(StatusSchema, status)));
  }
  return { code, details: message, metadata };
}

function packed(detail: ConnectError['details'][number]): Any {
  if ('desc' in detail) return anyPack(detail.desc, create(detail.desc, detail.value));
  return create(AnySchema, { typeUrl: `type.googleapis.com/${detail.type}`, value: detail.value });
}
