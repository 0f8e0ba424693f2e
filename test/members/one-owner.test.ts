import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { aProject } from '../support/projects.ts';
import { ending } from '../support/refusal.ts';
import {
  aUser,
  MembersService,
  ProjectsService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';
import { rolesIn } from './support/roles.ts';

/** Two processes over one database. */
let services: readonly [TestService, TestService];
let people: readonly TestUser[];
const PEOPLE = 4;

beforeAll(async () => {
  const first = await startTestService();
  services = [first, await startTestService({ DATABASE_URL: first.databaseUrl })];
  people = await Promise.all(Array.from({ length: PEOPLE }, () => aUser(first)));
});
afterAll(async () => {
  await services[1].close();
  await services[0].close();
});

const who = fc.nat({ max: PEOPLE - 1 });
const role = fc.constantFrom(Role.VIEWER, Role.EDITOR, Role.ADMIN, Role.OWNER);
/** A call that changes who is in a project; people by their place. */
const operation = fc.oneof(
  fc.record({ kind: fc.constant('add'), who, role }),
  fc.record({ kind: fc.constant('update'), who, role }),
  fc.record({ kind: fc.constant('remove'), who }),
  fc.record({ kind: fc.constant('transfer'), who }),
  fc.record({
    kind: fc.constant('replace'),
    owner: who,
    others: fc.array(fc.record({ who, role: role.filter((one) => one !== Role.OWNER) }), { maxLength: 3 }),
  }),
);
type Operation = typeof operation extends fc.Arbitrary<infer One> ? One : never;

const run = fc.record({
  /** Who is there before, besides the owner: the roles of the second and the third. */
  admin: fc.boolean(),
  viewer: fc.boolean(),
  /** A project that nobody is a member of yet. */
  empty: fc.boolean(),
  operations: fc.array(
    fc.record({ operation, by: fc.option(who, { freq: 2 }), process: fc.nat({ max: 1 }) }),
    { minLength: 4, maxLength: 6 },
  ),
});

function idOf(place: number): string {
  return people[place]?.id ?? '';
}

function send(service: TestService, token: string, projectId: string, one: Operation): Promise<unknown> {
  const members = service.client(MembersService, token);
  switch (one.kind) {
    case 'add':
      return members.addMembers({
        projectId,
        members: [{ userId: idOf(one.who), role: one.role }],
        notify: false,
      });
    case 'update':
      return members.updateMember({ member: { projectId, userId: idOf(one.who), role: one.role } });
    case 'remove':
      return members.removeMember({ projectId, userId: idOf(one.who) });
    case 'transfer':
      return members.transferOwnership({ projectId, userId: idOf(one.who) });
    case 'replace': {
      const others = new Map(one.others.map((other) => [other.who, other.role]));
      others.delete(one.owner);
      return service.client(ProjectsService, token).updateProject({
        project: { id: projectId },
        updateMask: { paths: ['members'] },
        members: [
          { userId: idOf(one.owner), role: Role.OWNER },
          ...[...others].map(([place, role]) => ({ userId: idOf(place), role })),
        ],
        notify: false,
      });
    }
  }
}

/** What such a call may be refused with, whatever else happens meanwhile. */
const REFUSALS = [
  'ALREADY_A_MEMBER',
  'MEMBER_NOT_FOUND',
  'PROJECT_NOT_FOUND',
  'ROLE_REQUIRED',
  'ONE_OWNER',
  'OWNER_FIXED',
];

it('leaves a project exactly one owner, whatever is done to its members at the same moment', {
  timeout: 600_000,
}, async () => {
  const endings = new Set<string>();

  await fc.assert(
    fc.asyncProperty(run, async ({ admin, viewer, empty, operations }) => {
      const [first, second, third] = people;
      const { id: projectId } = await aProject(
        services[0],
        empty
          ? {}
          : {
              ...(first && { owner: first }),
              ...(admin && second && { admin: second }),
              ...(viewer && third && { viewer: third }),
            },
      );

      await Promise.all(
        operations.map(async ({ operation: one, by, process }) => {
          const service = services[process] ?? services[0];
          const token = by === null ? service.admin : (people[by]?.token ?? '');
          endings.add(await ending(send(service, token, projectId, one)));
        }),
      );

      const roles = Object.values(await rolesIn(services[0], projectId));
      expect(roles.filter((one) => one === 'owner')).toHaveLength(roles.length === 0 ? 0 : 1);
      // A project never loses its last member: that is its owner.
      if (!empty) expect(roles).not.toEqual([]);
      expect([...endings].filter((reason) => ![...REFUSALS, 'done'].includes(reason))).toEqual([]);
    }),
    { numRuns: 120 },
  );

  // Every refusal came up, and calls that were not refused: none of them is beside the point.
  expect([...endings].toSorted()).toEqual([...REFUSALS, 'done'].toSorted());
});
