import { ProjectsService } from '../../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { ResourcesService } from '../../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import {
  DataclipType,
  RunState,
  WorkOrderState,
} from '../../../src/gen/lightning/projects/v1/run_history_pb.ts';
import { TriggerType } from '../../../src/gen/lightning/projects/v1/workflow_pb.ts';
import { ownId, people, seededProjectId, unknownId } from '../actors.ts';
import type { Transcript } from '../transcript.ts';

const { getDataclipPolicy, listUserProjects, getProjectsOverview, getFirstUserProject, listAuditEvents } =
  ProjectsService.method;
const {
  listJobs,
  listTriggers,
  listEdges,
  listWorkOrders,
  listRuns,
  listRunSteps,
  listSteps,
  listDataclips,
  listProjectCredentials,
  getProjectCredential,
  listProjectFiles,
} = ResourcesService.method;

const notFound = 'NOT_FOUND PROJECT_NOT_FOUND';
const invalid = 'INVALID_ARGUMENT VALIDATION_FAILED';

/** Reads what a project holds and who sees it. */
export async function resourceCalls(calls: Transcript, projectId: string): Promise<void> {
  await graphLists(calls, projectId);
  await historyLists(calls, projectId);
  await otherLists(calls, projectId);
  await userProjects(calls, projectId);
  await audit(calls, projectId);
}

async function graphLists(calls: Transcript, projectId: string): Promise<void> {
  const seeded = { projectId: seededProjectId };
  const { nextPageToken: pageToken } = await calls.answer('viewer', listJobs, 'the first page', {
    projectId,
    pageSize: 1,
  });
  await calls.answer('viewer', listJobs, 'the next page', { projectId, pageSize: 1, pageToken });
  await calls.answer('reader', listJobs, 'with code', { ...seeded, includeBody: true, namePrefix: 'fetch' });
  await calls.refusal('stranger', listJobs, notFound, "somebody else's", { projectId });
  await calls.refusal('viewer', listJobs, invalid, 'of no workflow', { projectId, workflowIds: ['none'] });

  await calls.answer('viewer', listTriggers, 'all', { projectId });
  const filters = { ...seeded, types: [TriggerType.KAFKA], enabled: true, includeDeleted: true };
  await calls.answer('reader', listTriggers, 'some', filters);
  await calls.refusal('viewer', listTriggers, invalid, 'of no type', {
    projectId,
    types: [TriggerType.UNSPECIFIED],
  });

  await calls.answer('viewer', listEdges, 'all', { projectId });
  await calls.answer('reader', listEdges, 'with an expression', {
    ...seeded,
    workflowIds: [ownId(62), unknownId],
  });
  await calls.refusal('viewer', listEdges, notFound, "somebody else's", seeded);
}

async function historyLists(calls: Transcript, projectId: string): Promise<void> {
  const seeded = { projectId: seededProjectId };
  const march = { seconds: 1_772_000_000n, nanos: 0 };
  await calls.answer('reader', listWorkOrders, 'by their last activity', {
    ...seeded,
    lastActivityFrom: march,
  });
  const states = [WorkOrderState.REJECTED, WorkOrderState.FAILED];
  await calls.answer('reader', listWorkOrders, 'some', { ...seeded, states, workflowIds: [ownId(62)] });
  await calls.answer('viewer', listWorkOrders, 'none', { projectId });
  await calls.refusal('viewer', listWorkOrders, invalid, 'in no state', {
    projectId,
    states: [WorkOrderState.UNSPECIFIED],
  });

  await calls.answer('reader', listRuns, 'some', {
    ...seeded,
    states: [RunState.KILLED],
    workOrderIds: [ownId(67)],
    insertedFrom: march,
  });
  await calls.refusal('viewer', listRuns, notFound, "somebody else's", seeded);
  await calls.answer('reader', listRunSteps, 'of a run', { ...seeded, runIds: [ownId(68)] });
  await calls.refusal('viewer', listRunSteps, invalid, 'of no run', { projectId, runIds: ['none'] });
  await calls.answer('reader', listSteps, 'of a job and a run', {
    ...seeded,
    jobIds: [ownId(64)],
    runIds: [ownId(68)],
  });
  await calls.refusal('viewer', listSteps, invalid, 'a page of another list', {
    projectId,
    pageToken: 'none',
  });

  await calls.answer('reader', listDataclips, 'without what they hold', seeded);
  await calls.answer('reader', listDataclips, 'by name', {
    ...seeded,
    namePrefix: 'Gr',
    named: true,
    types: [DataclipType.SAVED_INPUT],
  });
  await calls.refusal('viewer', listDataclips, invalid, 'by too long a name', {
    projectId,
    namePrefix: 'a'.repeat(256),
  });
}

async function otherLists(calls: Transcript, projectId: string): Promise<void> {
  const seeded = { projectId: seededProjectId };
  await calls.answer('viewer', listProjectCredentials, 'all', { projectId });
  await calls.answer('reader', listProjectCredentials, 'some', { ...seeded, namePrefix: 'DHIS' });
  await calls.refusal('nobody', listProjectCredentials, 'UNAUTHENTICATED TOKEN_MISSING', 'without a token', {
    projectId,
  });
  await calls.answer('reader', getProjectCredential, 'one', { ...seeded, credentialId: ownId(61) });
  await calls.refusal('viewer', getProjectCredential, 'NOT_FOUND CREDENTIAL_NOT_FOUND', 'that is elsewhere', {
    projectId,
    credentialId: ownId(61),
  });
  await calls.answer('reader', listProjectFiles, 'the oldest first', { ...seeded, orderBy: 'inserted_at' });
  await calls.refusal('viewer', listProjectFiles, invalid, 'in no order', { projectId, orderBy: 'size' });

  await calls.answer('reader', getDataclipPolicy, 'of a project', seeded);
  await calls.refusal('stranger', getDataclipPolicy, notFound, "of somebody else's", seeded);
}

async function userProjects(calls: Transcript, projectId: string): Promise<void> {
  const { owner, viewer } = people;
  const required = 'PERMISSION_DENIED SUPERUSER_REQUIRED';
  await calls.answer('owner', listUserProjects, "one's own", { pageSize: 1 });
  await calls.answer('admin', listUserProjects, "a person's", { userId: viewer.id });
  await calls.refusal('viewer', listUserProjects, required, "another one's", { userId: owner.id });
  await calls.refusal('admin', listUserProjects, invalid, "nobody's", {});
  await calls.answer('viewer', getProjectsOverview, "one's own", { orderBy: 'last_updated_at desc' });
  await calls.refusal('admin', getProjectsOverview, 'NOT_FOUND USER_NOT_FOUND', 'of somebody unknown', {
    userId: unknownId,
  });
  await calls.answer('viewer', getFirstUserProject, "one's own", {});
  await calls.refusal('viewer', getFirstUserProject, required, "another one's", { userId: owner.id });
  await calls.refusal('viewer', getDataclipPolicy, notFound, 'of an unknown project', {
    projectId: unknownId,
  });
  await calls.answer('viewer', getDataclipPolicy, "of one's own project", { projectId });
}

async function audit(calls: Transcript, projectId: string): Promise<void> {
  const kinds = ['project_updated', 'members_changed'];
  const request = { projectId, kinds, pageSize: 2 };
  const { nextPageToken: pageToken } = await calls.answer(
    'owner',
    listAuditEvents,
    'the first page',
    request,
  );
  await calls.answer('owner', listAuditEvents, 'the next page', { ...request, pageToken });
  await calls.answer('admin', listAuditEvents, 'of a person', { userId: people.owner.id });
  await calls.refusal('viewer', listAuditEvents, 'PERMISSION_DENIED ROLE_REQUIRED', 'as a viewer', {
    projectId,
  });
  await calls.refusal(
    'owner',
    listAuditEvents,
    'PERMISSION_DENIED SUPERUSER_REQUIRED',
    'of all projects',
    {},
  );
}
