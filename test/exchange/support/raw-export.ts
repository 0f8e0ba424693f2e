import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { encodeEnvelope } from '@connectrpc/connect/protocol';
import {
  ExportProjectRequestSchema,
  ExportProjectResponseSchema,
  ProjectsService,
} from '../../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { beginRawGrpc } from '../../support/raw-grpc.ts';
import type { TestService } from '../../support/service.ts';

/** An export whose answer nobody reads until somebody does. */
export interface RawExport {
  /** Reads the answer to its end: the document as far as it came, and how the call ended as the protocol says it. */
  read(): Promise<{ readonly document: string; readonly end: string }>;
  /** Breaks the connection. */
  leave(): void;
}

type Open = (service: TestService, projectId: string, token?: string) => Promise<RawExport>;

/** Plain sockets' clients: those of the libraries read ahead and buffer by themselves. */
export const rawExports = {
  gRPC: async (service, projectId, token = service.admin) => {
    const { session, stream } = beginRawGrpc(service.grpcUrl, path, token);
    const trailers = once(stream, 'trailers');
    trailers.catch(() => {});
    stream.end(requestOf(projectId));
    await once(stream, 'response');
    return {
      async read() {
        const envelopes = envelopesOf(Buffer.concat(await stream.toArray()));
        const [{ 'grpc-status': status, 'grpc-message': message = '' }] = await trailers;
        session.close();
        return { document: documentOf(envelopes), end: `${status} ${decodeURIComponent(message)}` };
      },
      leave: () => session.destroy(),
    };
  },
  'Connect over HTTP/1.1': async (service, projectId, token = service.admin) => {
    const request = httpRequest(`${service.httpUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/connect+proto', authorization: `Bearer ${token}` },
    });
    request.on('error', () => {});
    request.end(requestOf(projectId));
    const [response] = await once(request, 'response');
    return {
      async read() {
        const envelopes = envelopesOf(Buffer.concat(await response.toArray()));
        return { document: documentOf(envelopes), end: envelopes.at(-1)?.content.toString() ?? '' };
      },
      leave: () => request.destroy(),
    };
  },
} satisfies Readonly<Record<string, Open>>;

const path = `/${ProjectsService.typeName}/ExportProject`;

function requestOf(projectId: string): Uint8Array {
  const request = create(ExportProjectRequestSchema, { projectId });
  return encodeEnvelope(0, toBinary(ExportProjectRequestSchema, request));
}

interface Envelope {
  readonly flags: number;
  readonly content: Buffer;
}

function envelopesOf(bytes: Buffer): Envelope[] {
  const envelopes: Envelope[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at + 1);
    envelopes.push({ flags: bytes[at] ?? 0, content: bytes.subarray(at + 5, at + 5 + length) });
    at += 5 + length;
  }
  return envelopes;
}

function documentOf(envelopes: readonly Envelope[]): string {
  const messages = envelopes.filter(({ flags }) => flags === 0);
  return Buffer.concat(
    messages.map(({ content }) => fromBinary(ExportProjectResponseSchema, content).chunk),
  ).toString();
}
