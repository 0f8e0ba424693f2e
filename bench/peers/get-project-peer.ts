import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import pg from 'pg';
import { etagOf } from '../../src/call/etag.ts';
import { ProjectSchema, RetentionPolicy } from '../../src/gen/lightning/projects/v1/project_pb.ts';
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
    text: `
      select id, name, description, color, env, parent_id, allow_support_access, requires_mfa, concurrency,
             retention_policy, history_retention_period, dataclip_retention_period, scheduled_deletion, lock_version,
             head_hash, inserted_at::text, updated_at::text
      from projects where id = $1`,
    values: [request.id],
  });
  const [row] = rows;
  const project = create(ProjectSchema, {
    id: row.id,
    name: row.name,
    env: row.env,
    allowSupportAccess: row.allow_support_access,
    requiresMfa: row.requires_mfa,
    retentionPolicy: policies[row.retention_policy] ?? RetentionPolicy.UNSPECIFIED,
    insertedAt: timestamp(row.inserted_at),
    updatedAt: timestamp(row.updated_at),
    etag: etagOf(row.id, row.lock_version),
    headHash: row.head_hash,
  });
  if (row.description !== null) project.description = row.description;
  if (row.parent_id !== null) project.parentId = row.parent_id;
  respond(null, create(GetProjectResponseSchema, { project }));
}

const policies: Readonly<Record<string, RetentionPolicy>> = {
  retain_all: RetentionPolicy.RETAIN_ALL,
  retain_with_errors: RetentionPolicy.RETAIN_WITH_ERRORS,
  erase_all: RetentionPolicy.ERASE_ALL,
};

/** Of `2026-01-01 10:00:00.123456+00`. */
function timestamp(text: string) {
  const [moment = '', fraction = ''] = text.slice(0, -3).split('.');
  return {
    seconds: BigInt(Date.parse(`${moment}Z`) / 1000),
    nanos: Number(fraction.padEnd(9, '0')),
  };
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
