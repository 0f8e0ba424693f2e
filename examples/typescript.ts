/**
 * A project's way through the service from Node: import, sandbox, heads, export.
 *
 *   npm start                        # prints a token
 *   export TOKEN=…
 *   node examples/typescript.ts
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createClient, type Interceptor } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { DirectoryService } from '../src/gen/lightning/projects/v1/directory_service_pb.ts';
import { ProjectsService } from '../src/gen/lightning/projects/v1/projects_service_pb.ts';

const { GRPC_ADDRESS = '127.0.0.1:50051', TOKEN } = process.env;

const withToken: Interceptor = (next) => (request) => {
  request.header.set('authorization', `Bearer ${TOKEN}`);
  return next(request);
};
const baseUrl = `http://${GRPC_ADDRESS}`;
// One connection for all calls. It keeps the process alive until it is closed.
const sessionManager = new Http2SessionManager(baseUrl);
const transport = createGrpcTransport({ baseUrl, sessionManager, interceptors: [withToken] });
const directory = createClient(DirectoryService, transport);
const projects = createClient(ProjectsService, transport);

// A service acts for a person, who becomes the owner of what it makes.
const actorUserId = randomUUID();
await directory.upsertUsers({ users: [{ id: actorUserId, email: `${actorUserId}@example.org` }] });

const yaml = await readFile(new URL('./sample-project.yaml', import.meta.url), 'utf8');
const { project, created } = await projects.importProject({
  yaml,
  createMissingCredentials: true,
  actorUserId,
  // Sent again after a broken connection, the same id never imports twice.
  requestId: randomUUID(),
});
if (project === undefined) throw new Error('an import answers with its project');
console.log(`imported ${project.name} with ${created?.workflows} workflows and ${created?.jobs} jobs`);

const { project: sandbox } = await projects.provisionSandbox({
  parentId: project.id,
  name: 'try-it-out',
  actorUserId,
  requestId: randomUUID(),
});
if (sandbox === undefined) throw new Error('provisioning answers with the sandbox');

for (const { id, name } of [project, sandbox]) {
  const { headHash } = await projects.getProjectHead({ projectId: id });
  console.log(`head of ${name}: ${headHash}`);
}

console.log(`export of ${sandbox.name}:`);
for await (const { chunk } of projects.exportProject({ projectId: sandbox.id })) process.stdout.write(chunk);

sessionManager.abort();
