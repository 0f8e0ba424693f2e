import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { ServiceImpl } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProjectsService } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { type Echo, openEcho } from '../support/echo-service.ts';
import { GrpcJsClient } from '../support/grpc-js-client.ts';

const run = promisify(execFile);
const bufCommand = fileURLToPath(new URL('../../node_modules/.bin/buf', import.meta.url));

const implementation: Partial<ServiceImpl<typeof ProjectsService>> = {
  getProject: ({ id }) => ({ project: { id, name: 'found' } }),
};

describe('reflection on the gRPC listener, as buf curl uses it', () => {
  let echo: Echo;
  beforeAll(async () => {
    const reflectionDescriptors = await readFile(new URL('../../src/gen/descriptors.binpb', import.meta.url));
    const services = [{ service: ProjectsService, implementation }];
    echo = await openEcho({}, { grpc: { services, reflectionDescriptors } });
  });
  afterAll(() => echo[Symbol.asyncDispose]());

  const curl = async (path: string, ...options: string[]): Promise<string> => {
    const url = `http://${echo.grpcAddress}${path}`;
    const { stdout } = await run(bufCommand, [
      'curl',
      '--protocol',
      'grpc',
      '--http2-prior-knowledge',
      ...options,
      url,
    ]);
    return stdout;
  };

  it.each(['grpc-v1', 'grpc-v1alpha'])('lists the services by %s', async (version) => {
    const listed = (await curl('', '--reflect-protocol', version, '--list-services')).split('\n');

    expect(listed).toContain('lightning.projects.v1.ProjectsService');
  });

  it.each(['grpc-v1', 'grpc-v1alpha'])(
    'lets a call be made without the .proto files by %s',
    async (version) => {
      const id = '0190a0a0-0000-7000-8000-000000000001';
      const answered = await curl(
        '/lightning.projects.v1.ProjectsService/GetProject',
        '--reflect-protocol',
        version,
        '-d',
        JSON.stringify({ id }),
      );

      expect(JSON.parse(answered)).toMatchObject({ project: { id, name: 'found' } });
    },
  );

  it.each(['v1', 'v1alpha'])(
    'finds the file of the rules, which extend the options of fields, by %s',
    async (version) => {
      using client = new GrpcJsClient(echo.grpcAddress);
      const extension = new BinaryWriter()
        .tag(1, WireType.LengthDelimited)
        .string('google.protobuf.FieldOptions');
      const asked = new BinaryWriter().tag(5, WireType.LengthDelimited).fork();
      asked.raw(extension.tag(2, WireType.Varint).int32(74362).finish()).join();

      const answer = await client.raw(
        `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
        asked.finish(),
      );

      expect(answer.toString('latin1')).toContain('lightning/projects/v1/rules.proto');
    },
  );

  it('describes every method of a service', async () => {
    const listed = (await curl('', '--list-methods')).split('\n');

    for (const { name } of ProjectsService.methods)
      expect(listed).toContain(`${ProjectsService.typeName}/${name}`);
  });
});
