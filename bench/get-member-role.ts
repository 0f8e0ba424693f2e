import { randomUUID } from 'node:crypto';
import { Role } from '../src/gen/lightning/projects/v1/member_pb.ts';
import { MembersService } from '../src/gen/lightning/projects/v1/members_service_pb.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, tokenEnv, unary } from './support/grpc.ts';
import { comparePointReads, comparePointReadsUnderLoad } from './support/point-reads.ts';
import { seedUser } from './support/seed.ts';

const PROJECTS = 1000;

/**
 * GetMemberRole of another member by the owner, with authentication, authorization, validation and log, against a
 * hand-written grpc-js server with one prepared statement and none of these. With 128 calls in flight they come from a
 * generator, as those of GetProject. Target: 0.8 of its requests/s.
 */
export async function getMemberRoleFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const [owner, member] = [await seedUser(database.client), await seedUser(database.client)];
  const ids = Array.from({ length: PROJECTS }, () => randomUUID());
  await database.client.query(
    `with p as (insert into projects (id, name, env) select id, 'project-' || n, 'main'
       from unnest($1::uuid[]) with ordinality as new (id, n) returning id)
     insert into project_users (project_id, user_id, role)
       select id, user_id, role from p, (values ($2::uuid, 'owner'), ($3::uuid, 'editor')) as m (user_id, role)`,
    [ids, owner, member],
  );
  await database.client.query('vacuum analyze');

  const env = { DATABASE_URL: database.url, ...tokenEnv };
  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), env);
  await using peer = await startChild(new URL('./peers/get-member-role-peer.ts', import.meta.url), env);
  using toService = new Connection(service.ready.grpc ?? '');
  using toPeer = new Connection(peer.ready.grpc ?? '');
  const { getMemberRole } = MembersService.method;
  const askService = unary(toService, getMemberRole, await bearer(owner));
  const askPeer = unary(toPeer, getMemberRole);
  let next = 0;
  const overAll = (ask: typeof askPeer) => async () => {
    next += 1;
    const { role } = await ask({ projectId: ids[next % ids.length] ?? '', userId: member });
    if (role !== Role.EDITOR) throw new Error(`the role is ${role}`);
  };
  await comparePointReads(
    'get_member_role',
    {
      service: { call: overAll(askService), child: service },
      peer: { call: overAll(askPeer), child: peer },
    },
    [{ inFlight: 1, atLeast: 0.8 }],
  );

  const requests = ids.map((projectId) => ({ projectId, userId: member }));
  const loaded = { service, peer, method: getMemberRole, requests, token: await bearer(owner) };
  await comparePointReadsUnderLoad('get_member_role', loaded, { inFlight: 128, atLeast: 0.8 });
}
