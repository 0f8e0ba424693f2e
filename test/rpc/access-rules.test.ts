import { create, type DescMethod, type Message } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { permissions } from '../../src/call/permissions.ts';
import { UpdateMemberRequestSchema } from '../../src/gen/lightning/projects/v1/members_service_pb.ts';
import { ImportProjectStreamRequestSchema } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { accessRules, requirementsOf } from '../../src/rpc/access-rules.ts';
import { contract } from '../../src/services.ts';
import { EchoService } from '../support/echo/echo_pb.ts';

const methods = contract.flatMap((service) => service.methods);
const nameOf = (method: DescMethod) => `${method.parent.name}.${method.name}`;
const isRead = (method: DescMethod) => method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
const named = (of: readonly DescMethod[]) => of.map((method) => ({ name: nameOf(method), method }));

/** A request of the method, one that changes something where an empty one does not. */
function requestOf(method: DescMethod): Message {
  switch (nameOf(method)) {
    case 'MembersService.UpdateMember':
      return create(UpdateMemberRequestSchema, { updateMask: { paths: ['digest'] } });
    case 'ProjectsService.ImportProjectStream':
      return create(ImportProjectStreamRequestSchema, { part: { case: 'options', value: {} } });
    default:
      return create(method.input);
  }
}

/** Whoever has any valid token may call these; they look at what the caller may see or redeem themselves. */
const open = [
  'ProjectsService.BatchGetProjects',
  'ProjectsService.WatchProjects',
  'MembersService.AcceptInvitation',
];

describe('The table of access rules', () => {
  it.each(named(methods))('has a rule for $name', ({ method }) => {
    expect(requirementsOf(method, create(method.input)).length).toBeGreaterThan(0);
  });

  it('has no rule for anything that the contract lacks', () => {
    const rules = Object.entries(accessRules).flatMap(([service, table]) =>
      Object.keys(table).map((method) => `${service}.${method}`),
    );

    expect(rules.toSorted()).toEqual(
      methods.map((method) => `${method.parent.name}.${method.localName}`).toSorted(),
    );
  });

  it('refuses a method that it does not have', () => {
    const [method] = EchoService.methods;
    if (method === undefined) throw new Error('EchoService has no method');

    expect(() => requirementsOf(method, create(method.input))).toThrow(
      `${nameOf(method)} has no access rule`,
    );
  });

  it.each(named(methods.filter((method) => !isRead(method))))(
    'asks more for $name, which changes something, than that its caller may read',
    ({ name, method }) => {
      if (open.includes(name)) return;
      const requirements = requirementsOf(method, requestOf(method));

      const reads = requirements.filter(
        (one) => one.kind === 'anyone' || ('permission' in one && ['read', 'see'].includes(one.permission)),
      );
      expect(reads.length).toBeLessThan(requirements.length);
    },
  );

  it.each(named(methods.filter(isRead)))(
    'asks no permission to change for $name, which reads',
    ({ method }) => {
      for (const requirement of requirementsOf(method, create(method.input))) {
        if (requirement.kind === 'operation') expect(requirement.permission).toBe('see');
        else if ('permission' in requirement) expect(permissions[requirement.permission].changes).toBe(false);
      }
    },
  );
});
