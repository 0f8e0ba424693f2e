import { Role } from '../../../src/gen/lightning/projects/v1/member_pb.ts';
import { RetentionPolicy } from '../../../src/gen/lightning/projects/v1/project_pb.ts';
import { ProjectsService } from '../../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { ownId, people, unknownId } from '../actors.ts';
import type { Transcript } from '../transcript.ts';

const { createProject, getProject, batchGetProjects, listProjects, updateProject } = ProjectsService.method;

/** Answers with the id of the project that the other calls are about. */
export async function projectCalls(calls: Transcript): Promise<string> {
  const id = await creations(calls);
  await reads(calls, id);
  await updates(calls, id);
  return id;
}

async function creations(calls: Transcript): Promise<string> {
  const { owner, editor, viewer } = people;
  const members = [
    { userId: owner.id, role: Role.OWNER },
    { userId: editor.id },
    { userId: viewer.id, role: Role.VIEWER },
  ];
  const project = {
    name: 'district-health',
    description: 'Füße, 水 und ☕: "quoted", \\ and\na second line',
    color: '#1f7a8c',
    concurrency: 3,
    retentionPolicy: RetentionPolicy.RETAIN_WITH_ERRORS,
    historyRetentionPeriod: 90,
    dataclipRetentionPeriod: 30,
    allowSupportAccess: true,
  };
  const request = { project, members, notify: false, requestId: ownId(10) };
  const first = await calls.answer('admin', createProject, 'with all it can have', request);
  await calls.answer('admin', createProject, 'the same request again', request);
  await calls.answer('admin', createProject, 'only to check', {
    project: { name: 'never-made' },
    validateOnly: true,
  });
  await calls.answer('admin', createProject, 'with the least it can have', {
    project: { name: 'district-water' },
  });

  await calls.refusal('nobody', createProject, 'UNAUTHENTICATED TOKEN_MISSING', 'without a token', request);
  await calls.refusal('reader', createProject, 'PERMISSION_DENIED SCOPE_REQUIRED', 'as a reader', request);
  await calls.refusal('stranger', createProject, 'PERMISSION_DENIED SUPERUSER_REQUIRED', 'as a person', {
    project,
  });
  await calls.refusal('admin', createProject, 'INVALID_ARGUMENT VALIDATION_FAILED', 'without a project', {});
  await calls.refusal('admin', createProject, 'INVALID_ARGUMENT VALIDATION_FAILED', 'bad in several fields', {
    project: { name: 'Capital Letters', color: 'blue', concurrency: 0 },
    members: [{ userId: 'nobody' }, {}],
    actorUserId: 'me',
  });
  await calls.refusal('admin', createProject, 'INVALID_ARGUMENT UNKNOWN_USER', 'an owner nobody knows', {
    project: { name: 'x' },
    members: [{ userId: unknownId, role: Role.OWNER }],
  });
  await calls.refusal('admin', createProject, 'INVALID_ARGUMENT REQUEST_ID_REUSED', 'an old request id', {
    ...request,
    project: { name: 'other' },
  });
  return first.project?.id ?? '';
}

async function reads(calls: Transcript, id: string): Promise<void> {
  await calls.answer('viewer', getProject, 'with its members', { id, includeMembers: true });
  await calls.answer('reader', getProject, 'by an upper-case id', { id: id.toUpperCase() });
  await calls.refusal('stranger', getProject, 'NOT_FOUND PROJECT_NOT_FOUND', "somebody else's", { id });
  await calls.refusal('viewer', getProject, 'NOT_FOUND PROJECT_NOT_FOUND', 'none', { id: unknownId });
  await calls.refusal('viewer', getProject, 'INVALID_ARGUMENT VALIDATION_FAILED', 'no id', { id: '✗' });
  await calls.refusal('nobody', getProject, 'UNAUTHENTICATED TOKEN_MISSING', 'without a token', { id });
  await calls.refusal('forger', getProject, 'UNAUTHENTICATED TOKEN_INVALID', 'with a token of others', {
    id,
  });

  await calls.answer('viewer', batchGetProjects, 'seen and unseen ones', { ids: [unknownId, id, id] });
  await calls.answer('stranger', batchGetProjects, 'unseen ones alone', { ids: [id] });
  await calls.refusal('viewer', batchGetProjects, 'INVALID_ARGUMENT VALIDATION_FAILED', 'none', { ids: [] });

  const filters = { namePrefix: 'district-', scheduledForDeletion: false, orderBy: 'name desc', pageSize: 1 };
  const { nextPageToken: pageToken } = await calls.answer('admin', listProjects, 'the first page', filters);
  await calls.answer('admin', listProjects, 'the next page', { ...filters, pageToken });
  await calls.answer('admin', listProjects, 'nothing there', { namePrefix: 'zzz' });
  await calls.refusal('admin', listProjects, 'INVALID_ARGUMENT VALIDATION_FAILED', 'with other filters', {
    pageToken,
  });
  await calls.refusal('admin', listProjects, 'INVALID_ARGUMENT VALIDATION_FAILED', 'in no order', {
    orderBy: 'etag',
  });
  await calls.refusal('viewer', listProjects, 'PERMISSION_DENIED SUPERUSER_REQUIRED', 'as a person', {});
}

async function updates(calls: Transcript, id: string): Promise<void> {
  const { project } = await calls.answer('owner', updateProject, 'clears and sets', {
    project: { id, env: 'staging' },
    updateMask: { paths: ['env', 'color'] },
  });
  await calls.answer('owner', updateProject, 'without a change', {
    project: { id, env: 'staging', etag: project?.etag ?? '' },
  });
  await calls.answer('admin', updateProject, 'replaces its members', {
    project: { id },
    updateMask: { paths: ['members'] },
    members: [
      { userId: people.owner.id, role: Role.OWNER },
      { userId: people.editor.id, role: Role.EDITOR },
      { userId: people.viewer.id, role: Role.VIEWER },
    ],
  });
  await calls.refusal('owner', updateProject, 'ABORTED ETAG_MISMATCH', 'an old version', {
    project: { id, etag: '"old"', requiresMfa: true },
  });
  await calls.refusal('viewer', updateProject, 'PERMISSION_DENIED ROLE_REQUIRED', 'as a viewer', {
    project: { id, name: 'mine' },
  });
  await calls.refusal(
    'owner',
    updateProject,
    'INVALID_ARGUMENT VALIDATION_FAILED',
    'what cannot be changed',
    {
      project: { id },
      updateMask: { paths: ['parent_id', 'nonsense'] },
    },
  );
  await calls.refusal('owner', updateProject, 'INVALID_ARGUMENT VALIDATION_FAILED', 'two owners', {
    project: { id },
    members: [
      { userId: people.owner.id, role: Role.OWNER },
      { userId: people.editor.id, role: Role.OWNER },
    ],
  });
}
