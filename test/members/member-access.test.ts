import { randomUUID } from 'node:crypto';
import type { Client } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DigestFrequency, type Member, Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { aProject } from '../support/projects.ts';
import { type Refusal, refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, MembersService, startTestService, type TestService } from '../support/service.ts';

type Members = Client<typeof MembersService>;

/** How each method is sent a membership by its id. */
const byId = {
  GetMember: (members: Members, memberId: string) => members.getMember({ memberId }),
  RemoveMember: (members: Members, memberId: string) => members.removeMember({ memberId }),
  'UpdateMember, a role': (members: Members, id: string) =>
    members.updateMember({ member: { id, role: Role.OWNER } }),
  'UpdateMember, an alert': (members: Members, id: string) =>
    members.updateMember({ member: { id, failureAlert: false }, updateMask: { paths: ['failure_alert'] } }),
  'UpdateMember, both': (members: Members, id: string) =>
    members.updateMember({
      member: { id, role: Role.OWNER, digest: DigestFrequency.NEVER },
      updateMask: { paths: ['role', 'digest'] },
    }),
  'UpdateMember, nothing': (members: Members, id: string) => members.updateMember({ member: { id } }),
} as const;
type Method = keyof typeof byId;

/**
 * What becomes of a call about the owner's membership, by its id: y it is let in, to be told that nothing can be done
 * about the owner; n PERMISSION_DENIED, - MEMBER_NOT_FOUND, ! UNAUTHENTICATED.
 */
const table: Readonly<Record<Method, string>> = {
  //                        owner admin editor viewer support no-support superuser stranger disabled reader service nobody
  GetMember:
    '              y     y     y      y      y       -          -         -        n        y      y       !',
  RemoveMember:
    '           y     y     n      n      n       -          -         -        n        n      y       !',
  'UpdateMember, a role':
    ' y     y     n      n      n       -          -         -        n        n      y       !',
  'UpdateMember, an alert':
    'y    n     n      n      n       -          -         -        n        n      y       !',
  'UpdateMember, both':
    '   y     n     n      n      n       -          -         -        n        n      y       !',
  'UpdateMember, nothing':
    'y     y     y      y      y       -          -         -        n        n      y       !',
};
const callers = [
  'owner',
  'admin',
  'editor',
  'viewer',
  'support',
  'no-support',
  'superuser',
  'stranger',
  'disabled',
  'reader',
  'service',
  'nobody',
] as const;
type Caller = (typeof callers)[number];

let service: TestService;
const tokens = {} as Record<Caller, string | undefined>;
const memberIds = {} as Record<Caller, string>;

beforeAll(async () => {
  service = await startTestService();
  const [owner, admin, editor, viewer] = [
    await aUser(service),
    await aUser(service),
    await aUser(service),
    await aUser(service),
  ];
  const [support, superuser] = [
    await aUser(service, { supportUser: true }),
    await aUser(service, { superuser: true }),
  ];
  const disabled = await aUser(service);
  const cast = { owner, admin, editor, viewer };
  const { id } = await aProject(service, cast, { allowSupportAccess: true });
  const { id: closed } = await aProject(service, cast);
  const { id: ofDisabled } = await aProject(service, { owner: disabled });
  await rows(service, 'update users set disabled = true where id = $1', [disabled.id]);
  for (const caller of callers) memberIds[caller] = await ownerOf(id);
  memberIds['no-support'] = await ownerOf(closed);
  memberIds.disabled = await ownerOf(ofDisabled);
  Object.assign(tokens, {
    owner: owner.token,
    admin: admin.token,
    editor: editor.token,
    viewer: viewer.token,
    support: support.token,
    'no-support': support.token,
    superuser: superuser.token,
    stranger: (await aUser(service)).token,
    disabled: disabled.token,
    reader: service.reader,
    service: service.admin,
    nobody: undefined,
  });
});
afterAll(() => service.close());

/** The id of the membership by which a project is owned. */
async function ownerOf(projectId: string): Promise<string> {
  return (await membersOf(projectId)).find(({ role }) => role === Role.OWNER)?.id ?? '';
}

async function membersOf(projectId: string): Promise<Member[]> {
  return (await service.client(MembersService, service.admin).listMembers({ projectId })).members;
}

async function symbolOf(call: Promise<unknown>): Promise<string> {
  const refused = await call.then(
    () => undefined,
    (error) => refusal(Promise.reject(error)),
  );
  switch (refused?.code) {
    case 'UNAUTHENTICATED':
      return '!';
    case 'PERMISSION_DENIED':
      return 'n';
    case 'NOT_FOUND':
      return refused.reason === 'MEMBER_NOT_FOUND' ? '-' : `NOT_FOUND ${refused.reason}`;
    case undefined:
    case 'FAILED_PRECONDITION':
    case 'INVALID_ARGUMENT':
      return 'y';
    default:
      return `${refused?.code} ${refused?.reason}`;
  }
}

function cells(row: string): Record<string, string> {
  const symbols = row.trim().split(/ +/);
  return Object.fromEntries(callers.map((caller, index) => [caller, symbols[index] ?? '']));
}

const methods = Object.keys(byId) as Method[];

describe.each(['gRPC', 'HTTP'] as const)('A membership named by its id, over %s', (listener) => {
  const client = (token: string | undefined) =>
    listener === 'gRPC' ? service.client(MembersService, token) : service.httpClient(MembersService, token);

  it.each(methods)('lets those in who may and no others: %s', async (method) => {
    const found: Record<string, string> = {};
    for (const caller of callers)
      found[caller] = await symbolOf(byId[method](client(tokens[caller]), memberIds[caller]));
    expect(found).toEqual(cells(table[method]));
  });

  /** Everything a caller gets to see of a refusal, but the id that it asked for. */
  async function seen(method: Method, token: string | undefined, id: string): Promise<Refusal> {
    const refused = await refusal(byId[method](client(token), id));
    return JSON.parse(JSON.stringify(refused).replaceAll(id, 'the id'));
  }

  it.each(methods)(
    'cannot be told from one that does not exist by who may not see it: %s',
    async (method) => {
      for (const caller of ['stranger', 'superuser', 'no-support'] as const) {
        const token = tokens[caller];
        const hidden = await seen(method, token, memberIds[caller]);
        expect(hidden).toMatchObject({ code: 'NOT_FOUND', reason: 'MEMBER_NOT_FOUND' });
        expect(hidden).toEqual(await seen(method, token, randomUUID()));
      }
    },
  );

  it.each(methods)('is not there when nobody has the id: %s', async (method) => {
    for (const token of [tokens.owner, tokens.service]) {
      expect(await symbolOf(byId[method](client(token), randomUUID()))).toBe('-');
    }
  });
});

describe('A membership', () => {
  it('of a project that is being deleted is not there', async () => {
    const owner = await aUser(service);
    const { id: projectId } = await aProject(service, { owner });
    const memberId = await ownerOf(projectId);
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [projectId]);

    const members = service.client(MembersService, owner.token);

    expect(await refusal(members.getMember({ memberId }))).toMatchObject({ reason: 'MEMBER_NOT_FOUND' });
    expect(await refusal(members.getMember({ projectId, userId: owner.id }))).toMatchObject({
      reason: 'PROJECT_NOT_FOUND',
    });
  });

  it('is no business of somebody who is disabled, whether it is there or not', async () => {
    const { token } = await aUser(service, { disabled: true });
    const refused = await refusal(
      service.client(MembersService, token).getMember({ memberId: randomUUID() }),
    );
    expect(refused).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'USER_DISABLED' });
  });

  it('has to be named, by its id or by project and person', async () => {
    const members = service.client(MembersService, service.admin);
    const named = { projectId: randomUUID(), userId: randomUUID() };

    for (const request of [{}, { projectId: named.projectId }, { userId: named.userId }]) {
      const required = (field: string) => ({ code: 'INVALID_ARGUMENT', fields: { [field]: 'REQUIRED' } });
      expect(await refusal(members.getMember(request))).toMatchObject(required('member_id'));
      expect(await refusal(members.removeMember(request))).toMatchObject(required('member_id'));
      const member = { ...request, role: Role.VIEWER };
      expect(await refusal(members.updateMember({ member }))).toMatchObject(required('member.id'));
    }
  });

  it("is another's to a member of the project, who may not change its digest even as its admin", async () => {
    const [owner, admin] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, admin });
    const member = { projectId, userId: owner.id, digest: DigestFrequency.DAILY };

    const refused = await refusal(service.client(MembersService, admin.token).updateMember({ member }));

    expect(refused).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'OWN_MEMBERSHIP_ONLY' });
  });
});
