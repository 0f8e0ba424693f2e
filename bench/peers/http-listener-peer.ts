import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { create } from '@bufbuild/protobuf';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import {
  GetProjectResponseSchema,
  ProjectsService,
} from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { serveChild } from '../support/child.ts';

// An echo: connect-node as it comes, which answers the id that it was asked for. Nothing is looked up or checked.
const server = createServer(
  connectNodeAdapter({
    routes: (router) =>
      router.rpc(ProjectsService.method.getProject, ({ id }) =>
        create(GetProjectResponseSchema, {
          project: { id, name: 'project-1', env: 'main', etag: 'W/"0"', headHash: '4f53cda18c2b' },
        }),
      ),
  }),
);
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  serveChild({ http: `127.0.0.1:${port}` }, async () => {
    server.closeAllConnections();
    server.close();
  });
});
