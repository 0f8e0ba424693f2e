import { once } from 'node:events';
import { create, toBinary } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { encodeEnvelope } from '@connectrpc/connect/protocol';
import { createGrpcTransport } from '@connectrpc/connect-node';
import {
  ExportProjectRequestSchema,
  ProjectsService,
} from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { beginRawGrpc } from './raw-grpc.ts';
import { bearer } from './service.ts';

export interface StalledExport extends Disposable {
  /** Resolves when the service let go of the connection. */
  readonly closed: Promise<unknown>;
}

/**
 * Makes a project of some megabytes and begins to export it, by a plain socket's client: it reads nothing, so
 * the service waits in the middle of the stream, with its cursor open.
 */
export async function openStalledExport(grpcAddress: string, token: string): Promise<StalledExport> {
  // Far more than a stream's window of 64 KiB and the buffers behind it.
  const projectId = await importLargeProject(`http://${grpcAddress}`, token);
  const path = `/${ProjectsService.typeName}/ExportProject`;
  const { session, stream } = beginRawGrpc(`http://${grpcAddress}`, path, token);
  const closed = once(session, 'close');
  const request = create(ExportProjectRequestSchema, { projectId });
  stream.end(encodeEnvelope(0, toBinary(ExportProjectRequestSchema, request)));
  // The headers come with the first chunk.
  await once(stream, 'response');
  return { closed, [Symbol.dispose]: () => session.destroy() };
}

/** Makes a project whose export is 200 KiB a workflow; its id. */
export async function importLargeProject(url: string, token: string, size = 20): Promise<string> {
  const body = `          ${'// a line of a long body'.padEnd(100, '.')}\n`.repeat(2000);
  const workflows = Array.from(
    { length: size },
    (_, index) =>
      `  w${index}:\n    name: w${index}\n    jobs:\n      job:\n        name: job\n` +
      `        adaptor: '@openfn/language-common@latest'\n        body: |\n${body}`,
  );
  const transport = createGrpcTransport({ baseUrl: url, interceptors: [bearer(token)] });
  const { project } = await createClient(ProjectsService, transport).importProject({
    yaml: `name: large\nworkflows:\n${workflows.join('')}`,
  });
  if (project === undefined) throw new Error('ImportProject answered without a project');
  return project.id;
}
