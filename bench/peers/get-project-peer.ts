import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import pg from 'pg';
import {
  type GetProjectRequest,
  GetProjectRequestSchema,
  type GetProjectResponse,
  GetProjectResponseSchema,
} from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { serveChild } from '../support/child.ts';

// GetProject by hand: grpc-js and one prepared statement. No ORM, no authentication, no validation, no log.
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });

async function getProject(
  { request }: ServerUnaryCall<GetProjectRequest, GetProjectResponse>,
  respond: sendUnaryData<GetProjectResponse>,
): Promise<void> {
  const { rows } = await pool.query({
    name: 'get_project',
    text: 'select id, name, description, color, env, parent_id, inserted_at, updated_at, lock_version from projects where id = $1',
    values: [request.id],
  });
  const [row] = rows;
  const seconds = (date: Date) => ({ seconds: BigInt(Math.floor(date.getTime() / 1000)), nanos: 0 });
  respond(
    null,
    create(GetProjectResponseSchema, {
      project: {
        id: row.id,
        name: row.name,
        env: row.env,
        insertedAt: seconds(row.inserted_at),
        updatedAt: seconds(row.updated_at),
        etag: `${row.lock_version}`,
      },
    }),
  );
}

const server = new Server();
server.register(
  '/lightning.projects.v1.ProjectsService/GetProject',
  getProject,
  (message: GetProjectResponse) => Buffer.from(toBinary(GetProjectResponseSchema, message)),
  (bytes: Uint8Array) => fromBinary(GetProjectRequestSchema, bytes),
  'unary',
);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  serveChild({ grpc: `127.0.0.1:${port}` }, async () => {
    server.forceShutdown();
    await pool.end();
  });
});
