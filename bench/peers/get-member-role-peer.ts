import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import pg from 'pg';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import {
  type GetMemberRoleRequest,
  GetMemberRoleRequestSchema,
  type GetMemberRoleResponse,
  GetMemberRoleResponseSchema,
} from '../../src/gen/lightning/projects/v1/members_service_pb.ts';
import { serveChild } from '../support/child.ts';

// GetMemberRole by hand: grpc-js and one prepared statement. No authentication, no authorization, no log.
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });

const roles: Readonly<Record<string, Role>> = {
  viewer: Role.VIEWER,
  editor: Role.EDITOR,
  admin: Role.ADMIN,
  owner: Role.OWNER,
};

async function getMemberRole(
  { request }: ServerUnaryCall<GetMemberRoleRequest, GetMemberRoleResponse>,
  respond: sendUnaryData<GetMemberRoleResponse>,
): Promise<void> {
  const { rows } = await pool.query({
    name: 'get_member_role',
    text: 'select role from project_users where project_id = $1 and user_id = $2',
    values: [request.projectId, request.userId],
  });
  respond(null, create(GetMemberRoleResponseSchema, { role: roles[rows[0]?.role] ?? Role.UNSPECIFIED }));
}

const server = new Server();
server.register(
  '/lightning.projects.v1.MembersService/GetMemberRole',
  getMemberRole,
  (message: GetMemberRoleResponse) => Buffer.from(toBinary(GetMemberRoleResponseSchema, message)),
  (bytes: Uint8Array) => fromBinary(GetMemberRoleRequestSchema, bytes),
  'unary',
);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  serveChild({ grpc: `127.0.0.1:${port}` }, async () => {
    server.forceShutdown();
    await pool.end();
  });
});
