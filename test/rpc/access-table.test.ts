import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows as query } from '../support/rows.ts';
import {
  aUser,
  DirectoryService,
  ProjectsService,
  startTestService,
  type TestService,
} from '../support/service.ts';
import { outcome, requests } from './access-methods.ts';

/**
 * Who may what, cell by cell, as the specification of roles has it.
 * y: passes; n: PERMISSION_DENIED; -: NOT_FOUND; !: UNAUTHENTICATED.
 */
const onARoot = `
                              owner admin editor viewer support no-support superuser stranger disabled reader service nobody
CreateProject                 n     n     n      n      n       n          y         n        n        n      y       !
CreateProject below it        y     y     n      n      n       -          y         -        n        n      y       !
GetProject                    y     y     y      y      y       -          -         -        n        y      y       !
BatchGetProjects              y     y     y      y      y       -          -         -        n        y      y       !
ListProjects                  n     n     n      n      n       n          y         n        n        n      y       !
ListUserProjects, own         y     y     y      y      y       y          y         y        n        n      y       !
ListUserProjects, others'     n     n     n      n      n       n          y         n        n        n      y       !
GetProjectsOverview, own      y     y     y      y      y       y          y         y        n        n      y       !
GetProjectsOverview, others'  n     n     n      n      n       n          y         n        n        n      y       !
GetFirstUserProject, own      y     y     y      y      y       y          y         y        n        n      y       !
GetFirstUserProject, others'  n     n     n      n      n       n          y         n        n        n      y       !
UpdateProject                 y     y     n      n      n       -          -         -        n        n      y       !
GetDataclipPolicy             y     y     y      y      y       -          -         -        n        y      y       !
ValidateProjectDeletion       y     n     n      n      n       -          y         -        n        n      y       !
ScheduleProjectDeletion       y     n     n      n      n       -          y         -        n        n      y       !
CancelProjectDeletion         y     n     n      n      n       -          y         -        n        n      y       !
DeleteProject                 y     n     n      n      n       -          y         -        n        n      y       !
DeleteProjectAsync            y     n     n      n      n       -          y         -        n        n      y       !
CreateSandbox                 y     y     n      n      n       -          y         -        n        n      y       !
ProvisionSandbox              y     y     n      n      n       -          y         -        n        n      y       !
ListSandboxes                 y     y     y      y      y       -          -         -        n        y      y       !
GetWorkspace                  y     y     y      y      y       -          -         -        n        y      y       !
ListDescendants               y     y     y      y      y       -          -         -        n        y      y       !
GetRootProject                y     y     y      y      y       -          -         -        n        y      y       !
GetProjectHead                y     y     y      y      y       -          -         -        n        y      y       !
AppendProjectHead             y     y     y      n      y       -          -         -        n        n      y       !
ListProjectHeads              y     y     y      y      y       -          -         -        n        y      y       !
ListAuditEvents of it         y     y     n      n      y       -          y         -        n        n      y       !
ListAuditEvents of all        n     n     n      n      n       n          y         n        n        n      y       !
ExportProject                 y     y     y      y      y       -          -         -        n        y      y       !
ImportProject into it         y     y     y      n      y       -          -         -        n        n      y       !
ImportProject as a new one    n     n     n      n      n       n          y         n        n        n      y       !
CompareProjects               y     y     y      y      y       -          -         -        n        y      y       !
MergeSandbox                  y     y     y      n      n       -          y         -        n        n      y       !
AddMembers                    y     y     n      n      n       -          -         -        n        n      y       !
UpdateMember, a role          y     y     n      n      n       -          -         -        n        n      y       !
UpdateMember, one's own       y     y     y      y      n       -          -         -        n        n      y       !
UpdateMember, another's       n     n     n      n      n       -          -         -        n        n      y       !
RemoveMember                  y     y     n      n      n       -          -         -        n        n      y       !
GetMember                     y     y     y      y      y       -          -         -        n        y      y       !
ListMembers                   y     y     y      y      y       -          -         -        n        y      y       !
GetMemberRole                 y     y     y      y      y       -          -         -        n        y      y       !
CheckMembership               y     y     y      y      y       -          -         -        n        y      y       !
InviteCollaborators           y     y     n      n      n       -          -         -        n        n      y       !
AcceptInvitation              y     y     y      y      y       y          y         y        n        n      y       !
ListAdminEmails               y     y     y      y      y       -          -         -        n        y      y       !
ListTriggerFailureRecipients  y     y     y      y      y       -          -         -        n        y      y       !
TransferOwnership             y     n     n      n      n       -          y         -        n        n      y       !
ListWorkflows                 y     y     y      y      y       -          -         -        n        y      y       !
ListJobs                      y     y     y      y      y       -          -         -        n        y      y       !
ListTriggers                  y     y     y      y      y       -          -         -        n        y      y       !
ListEdges                     y     y     y      y      y       -          -         -        n        y      y       !
ListWorkOrders                y     y     y      y      y       -          -         -        n        y      y       !
ListRuns                      y     y     y      y      y       -          -         -        n        y      y       !
ListRunSteps                  y     y     y      y      y       -          -         -        n        y      y       !
ListSteps                     y     y     y      y      y       -          -         -        n        y      y       !
ListDataclips                 y     y     y      y      y       -          -         -        n        y      y       !
ListProjectCredentials        y     y     y      y      y       -          -         -        n        y      y       !
GetProjectCredential          y     y     y      y      y       -          -         -        n        y      y       !
ListProjectFiles              y     y     y      y      y       -          -         -        n        y      y       !
UpsertUsers                   n     n     n      n      n       n          n         n        n        n      y       !
BatchGetUsers                 n     n     n      n      n       n          n         n        n        n      y       !
DisableUser                   n     n     n      n      n       n          n         n        n        n      y       !
UpsertCredentials             n     n     n      n      n       n          n         n        n        n      y       !
DeleteCredential              n     n     n      n      n       n          n         n        n        n      y       !
RecordHistory                 n     n     n      n      n       n          n         n        n        n      y       !
RecordWorkflowVersion         n     n     n      n      n       n          n         n        n        n      y       !
`;

/** Callers by what they are in the sandbox, in its root, or in the project in between. */
const onASandbox = `
                              owner admin editor viewer root-owner root-admin root-editor root-viewer root-support between superuser stranger
CreateProject below it        y     y     n      n      n          n          n           n           n            -       y         -
GetProject                    y     y     y      y      y          y          y           y           y            -       -         -
BatchGetProjects              y     y     y      y      y          y          y           y           y            -       -         -
UpdateProject                 y     y     n      n      y          y          n           n           n            -       y         -
GetDataclipPolicy             y     y     y      y      y          y          y           y           y            -       -         -
ValidateProjectDeletion       y     y     n      n      y          y          n           n           n            -       y         -
ScheduleProjectDeletion       y     y     n      n      y          y          n           n           n            -       y         -
CancelProjectDeletion         y     y     n      n      y          y          n           n           n            -       y         -
DeleteProject                 y     y     n      n      y          y          n           n           n            -       y         -
DeleteProjectAsync            y     y     n      n      y          y          n           n           n            -       y         -
CreateSandbox                 y     y     n      n      n          n          n           n           n            -       y         -
ProvisionSandbox              y     y     n      n      n          n          n           n           n            -       y         -
ListSandboxes                 y     y     y      y      y          y          y           y           y            -       -         -
GetWorkspace                  y     y     y      y      y          y          y           y           y            -       -         -
ListDescendants               y     y     y      y      y          y          y           y           y            -       -         -
GetRootProject                y     y     y      y      y          y          y           y           y            -       -         -
GetProjectHead                y     y     y      y      y          y          y           y           y            -       -         -
AppendProjectHead             y     y     y      n      y          y          n           n           n            -       -         -
ListProjectHeads              y     y     y      y      y          y          y           y           y            -       -         -
ListAuditEvents of it         y     y     n      n      n          n          n           n           n            -       y         -
ExportProject                 y     y     y      y      y          y          y           y           y            -       -         -
ImportProject into it         y     y     y      n      y          y          n           n           n            -       -         -
CompareProjects               y     y     y      y      y          y          y           y           y            -       -         -
MergeSandbox                  y     y     y      n      n          n          n           n           n            -       y         -
AddMembers                    y     y     n      n      y          y          n           n           n            -       y         -
UpdateMember, a role          y     y     n      n      y          y          n           n           n            -       y         -
UpdateMember, one's own       y     y     y      y      n          n          n           n           n            -       -         -
UpdateMember, another's       n     n     n      n      n          n          n           n           n            -       -         -
RemoveMember                  y     y     n      n      y          y          n           n           n            -       y         -
GetMember                     y     y     y      y      y          y          y           y           y            -       -         -
ListMembers                   y     y     y      y      y          y          y           y           y            -       -         -
GetMemberRole                 y     y     y      y      y          y          y           y           y            -       -         -
CheckMembership               y     y     y      y      y          y          y           y           y            -       -         -
InviteCollaborators           y     y     n      n      y          y          n           n           n            -       y         -
ListAdminEmails               y     y     y      y      y          y          y           y           y            -       -         -
ListTriggerFailureRecipients  y     y     y      y      y          y          y           y           y            -       -         -
TransferOwnership             y     n     n      n      n          n          n           n           n            -       y         -
ListWorkflows                 y     y     y      y      y          y          y           y           y            -       -         -
ListJobs                      y     y     y      y      y          y          y           y           y            -       -         -
ListTriggers                  y     y     y      y      y          y          y           y           y            -       -         -
ListEdges                     y     y     y      y      y          y          y           y           y            -       -         -
ListWorkOrders                y     y     y      y      y          y          y           y           y            -       -         -
ListRuns                      y     y     y      y      y          y          y           y           y            -       -         -
ListRunSteps                  y     y     y      y      y          y          y           y           y            -       -         -
ListSteps                     y     y     y      y      y          y          y           y           y            -       -         -
ListDataclips                 y     y     y      y      y          y          y           y           y            -       -         -
ListProjectCredentials        y     y     y      y      y          y          y           y           y            -       -         -
GetProjectCredential          y     y     y      y      y          y          y           y           y            -       -         -
ListProjectFiles              y     y     y      y      y          y          y           y           y            -       -         -
`;

/** What a project that is scheduled for deletion still answers; y of a change is its FAILED_PRECONDITION. */
const whilePendingDeletion = `
                              owner admin editor viewer support superuser stranger reader service
GetProject                    y     y     n      n      n       -         -        y      y
BatchGetProjects              y     y     -      -      -       -         -        y      y
ExportProject                 y     y     n      n      n       -         -        y      y
CompareProjects               y     y     n      n      n       -         -        y      y
MergeSandbox                  y     y     n      n      n       y         -        n      y
ListAuditEvents of it         y     y     n      n      n       y         -        n      y
ListRuns                      y     y     n      n      n       -         -        y      y
GetMember                     y     y     n      n      n       -         -        y      y
ListMembers                   y     y     n      n      n       -         -        y      y
ListAdminEmails               y     y     n      n      n       -         -        y      y
UpdateProject                 y     y     n      n      n       -         -        n      y
AppendProjectHead             y     y     n      n      n       -         -        n      y
ValidateProjectDeletion       y     n     n      n      n       y         -        n      y
ScheduleProjectDeletion       y     n     n      n      n       y         -        n      y
CancelProjectDeletion         y     n     n      n      n       y         -        n      y
DeleteProject                 y     n     n      n      n       y         -        n      y
DeleteProjectAsync            y     n     n      n      n       y         -        n      y
CreateSandbox                 y     y     n      n      n       y         -        n      y
AddMembers                    y     y     n      n      n       -         -        n      y
InviteCollaborators           y     y     n      n      n       -         -        n      y
UpdateMember, a role          y     y     n      n      n       -         -        n      y
UpdateMember, one's own       y     y     n      n      n       -         -        n      y
RemoveMember                  y     y     n      n      n       -         -        n      y
TransferOwnership             y     n     n      n      n       y         -        n      y
`;

interface Row {
  readonly method: string;
  readonly expected: Readonly<Record<string, string>>;
}

function read(table: string): Row[] {
  const [head = '', ...lines] = table.split('\n').filter((line) => line.trim() !== '');
  const callers = head.trim().split(/ +/);
  return lines.map((line) => {
    const [method = '', ...cells] = line.trim().split(/ {2,}/);
    if (cells.length !== callers.length) throw new Error(`${method} has ${cells.length} cells`);
    return {
      method,
      expected: Object.fromEntries(callers.map((caller, index) => [caller, cells[index] ?? ''])),
    };
  });
}

/** A caller's token, and the project that the caller's calls are about. */
type Caller = readonly [token: string | undefined, projectId: string];

async function outcomes(
  service: TestService,
  { method, expected }: Row,
  callers: Readonly<Record<string, Caller>>,
): Promise<Record<string, string>> {
  const found = Object.keys(expected).map(async (name) => {
    const caller = callers[name];
    if (caller === undefined) throw new Error(`nobody is called ${name}`);
    const [token, projectId] = caller;
    return [name, await outcome(service, method, projectId, token)];
  });
  return Object.fromEntries(await Promise.all(found));
}

let service: TestService;
const callers: Record<string, Caller> = {};
const sandboxCallers: Record<string, Caller> = {};
const pendingCallers: Record<string, Caller> = {};

beforeAll(async () => {
  service = await startTestService();
  const [owner, admin, editor, viewer] = [
    await aUser(service),
    await aUser(service),
    await aUser(service),
    await aUser(service),
  ];
  const [support, superuser, stranger] = [
    await aUser(service, { supportUser: true }),
    await aUser(service, { superuser: true }),
    await aUser(service),
  ];
  const disabled = await aUser(service);
  const cast = { owner, admin, editor, viewer };
  const { id } = await aProject(service, cast, { allowSupportAccess: true });
  const { id: closed } = await aProject(service, cast);
  const { id: ofDisabled } = await aProject(service, { owner: disabled });
  await service
    .client(DirectoryService, service.admin)
    .upsertUsers({ users: [{ id: disabled.id, email: disabled.email, superuser: true, disabled: true }] });
  Object.assign(callers, {
    owner: [owner.token, id],
    admin: [admin.token, id],
    editor: [editor.token, id],
    viewer: [viewer.token, id],
    support: [support.token, id],
    'no-support': [support.token, closed],
    superuser: [superuser.token, id],
    stranger: [stranger.token, id],
    disabled: [disabled.token, ofDisabled],
    reader: [service.reader, id],
    service: [service.admin, id],
    nobody: [undefined, id],
  });

  const own = [
    await aUser(service),
    await aUser(service),
    await aUser(service),
    await aUser(service),
  ] as const;
  const between = await aUser(service);
  const { id: middle } = await aProject(service, { owner: between }, { parentId: id });
  const { id: sandbox } = await aProject(
    service,
    { owner: own[0], admin: own[1], editor: own[2], viewer: own[3] },
    { parentId: middle },
  );
  Object.assign(sandboxCallers, {
    owner: [own[0].token, sandbox],
    admin: [own[1].token, sandbox],
    editor: [own[2].token, sandbox],
    viewer: [own[3].token, sandbox],
    'root-owner': [owner.token, sandbox],
    'root-admin': [admin.token, sandbox],
    'root-editor': [editor.token, sandbox],
    'root-viewer': [viewer.token, sandbox],
    'root-support': [support.token, sandbox],
    between: [between.token, sandbox],
    superuser: [superuser.token, sandbox],
    stranger: [stranger.token, sandbox],
  });

  const { id: pending } = await aProject(service, cast, { allowSupportAccess: true });
  await query(service, 'update projects set scheduled_deletion = now() where id = $1', [pending]);
  for (const [name, [token]] of Object.entries(callers)) pendingCallers[name] = [token, pending];
});
afterAll(() => service.close());

describe('On a root project', () => {
  it.each(read(onARoot))('$method answers those who may and no others', async (row) => {
    expect(await outcomes(service, row, callers)).toEqual(row.expected);
  });

  it('the table has every method that has a request', () => {
    expect(read(onARoot).map(({ method }) => method)).toEqual(Object.keys(requests));
  });
});

describe('On a sandbox', () => {
  it.each(read(onASandbox))('$method answers those who may and no others', async (row) => {
    expect(await outcomes(service, row, sandboxCallers)).toEqual(row.expected);
  });
});

describe('On a project that is scheduled for deletion', () => {
  it.each(read(whilePendingDeletion))('$method answers those who may and no others', async (row) => {
    expect(await outcomes(service, row, pendingCallers)).toEqual(row.expected);
  });

  const aboutIt = read(onARoot).filter(
    ({ expected }) => expected.editor === 'y' && expected.stranger === '-',
  );

  it.each(aboutIt)('$method no longer answers members below an admin', async ({ method }) => {
    const [token, projectId = ''] = pendingCallers.editor ?? [];
    expect(await outcome(service, method, projectId, token)).toBe(method === 'BatchGetProjects' ? '-' : 'n');
  });
});

/** Everything a caller gets to see of a refusal, but the id that it asked for. */
async function seen(token: string | undefined, id: string): Promise<string> {
  const refused = await refusal(service.client(ProjectsService, token).getProject({ id }));
  return JSON.stringify(refused).replaceAll(id, 'the id');
}

describe('A project that does not exist', () => {
  it('cannot be told from one that the caller may not see', async () => {
    const [token, hidden] = callers.stranger ?? [];

    expect(await seen(token, hidden ?? '')).toEqual(await seen(token, randomUUID()));
  });

  // The audit trail outlives the project: see test/audit.
  const aboutAProject = read(onARoot).filter(
    ({ method, expected }) => expected.stranger === '-' && method !== 'ListAuditEvents of it',
  );

  it.each(aboutAProject)(
    'is NOT_FOUND to $method, exactly as one that the caller may not see',
    async ({ method }) => {
      for (const token of [callers.stranger?.[0], callers.superuser?.[0], service.admin]) {
        expect(await outcome(service, method, randomUUID(), token)).toBe('-');
      }
    },
  );
});
