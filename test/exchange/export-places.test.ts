import { expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { aLargeProject, aProject } from '../support/projects.ts';
import { aUser, MembersService, ProjectsService, startTestService } from '../support/service.ts';
import { type RawExport, rawExports } from './support/raw-export.ts';

/** Half of it is for exports. */
const POOL = 4;

it("leaves half of the exports' places to others, however many exports one person begins", async () => {
  await using service = await startTestService({ DATABASE_POOL_SIZE: '8' });
  const { id: projectId } = await aLargeProject(service, 2);
  const [greedy, other] = [await aUser(service), await aUser(service)];
  const members = [
    { userId: greedy.id, role: Role.OWNER },
    { userId: other.id, role: Role.VIEWER },
  ];
  await service.client(MembersService, service.admin).addMembers({ projectId, members });
  const begun: RawExport[] = [];
  const exports = Array.from({ length: 4 }, async () => {
    begun.push(await rawExports.gRPC(service, projectId, greedy.token));
  });
  await expect.poll(() => begun.length).toBe(2);

  const others = await Promise.all([1, 2].map(() => rawExports.gRPC(service, projectId, other.token)));
  expect(begun.length).toBe(2);

  for (const one of [...begun, ...others]) one.leave();
  await Promise.all(exports);
  for (const one of begun.slice(2)) expect((await one.read()).end).toBe('0 OK');
});

it.each(Object.entries(rawExports))(
  'leaves other calls their connections, however many exports nobody reads (%s)',
  async (_, open) => {
    await using service = await startTestService({ DATABASE_POOL_SIZE: String(POOL) });
    const { id } = await aProject(service);
    // More than the buffers of a socket hold at both its ends.
    const { id: projectId } = await aLargeProject(service, 6);
    const begun: Awaited<ReturnType<typeof open>>[] = [];
    const all = Array.from({ length: POOL }, async () => {
      begun.push(await open(service, projectId));
    });
    await expect.poll(() => begun.length).toBe(POOL / 2);

    // One after the other: each finds a connection.
    const client = service.client(ProjectsService, service.admin);
    for (let call = 0; call < POOL; call += 1) await client.getProject({ id }, { timeoutMs: 5000 });
    expect(begun.length).toBe(POOL / 2);

    begun[0]?.leave();
    begun[1]?.leave();
    await Promise.all(all);
    for (const [index, call] of begun.entries()) {
      if (index > 1) expect((await call.read()).end).toMatch(/^(0 OK|\{\})$/);
    }
  },
);
