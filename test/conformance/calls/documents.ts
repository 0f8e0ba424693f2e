import { ProjectsService } from '../../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { ResourcesService } from '../../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { ownId, people, unknownId } from '../actors.ts';
import type { Transcript } from '../transcript.ts';

const { importProject, exportProject, importProjectStream } = ProjectsService.method;
const { listWorkflows } = ResourcesService.method;

const yaml = `name: Not A Slug
description: ☕ for everybody
channels: null
credentials:
  owner@example.org-Field-forms:
    name: Field forms
    owner: owner@example.org
workflows:
  intake:
    name: intake
    jobs:
      fetch:
        name: fetch
        adaptor: '@openfn/language-http@7.2.1'
        credential: owner@example.org-Field-forms
        body: |
          get('/forms');
      sort:
        name: sort
        adaptor: '@openfn/language-common@3.0.2'
        body:
          path: sort.js
    triggers:
      cron:
        type: cron
        cron_expression: '0 5 * * *'
    edges:
      cron->fetch:
        source_trigger: cron
        target_job: fetch
        condition_type: always
      fetch->sort:
        source_job: fetch
        target_job: sort
        condition_type: on_job_success
  upkeep:
    name: upkeep
    jobs: null
`;
const files = { 'sort.js': "fn(state => ({ ...state, data: 'größer' }));\n" };
const broken = yaml.replace("'0 5 * * *'", 'at five').replaceAll('target_job: sort', 'target_job: nowhere');

/** Imports into the project; answers with the id of one of its workflows. */
export async function documentCalls(calls: Transcript, projectId: string): Promise<string> {
  await calls.answer('owner', importProject, 'over a project', { yaml, files, projectId });
  await calls.answer('editor', importProject, 'the same again', { yaml, files, projectId });
  await calls.answer('admin', importProject, 'as a new project', {
    yaml,
    files,
    actorUserId: people.owner.id,
    requestId: ownId(20),
  });
  await calls.answer('editor', importProject, 'less, only to check', {
    yaml: yaml.slice(0, yaml.indexOf('  upkeep:')),
    files,
    projectId,
    prune: true,
    validateOnly: true,
  });
  await calls.refusal('editor', importProject, 'INVALID_ARGUMENT DOCUMENT_INVALID', 'with many problems', {
    yaml: broken,
    projectId,
  });
  await calls.refusal('editor', importProject, 'INVALID_ARGUMENT VALIDATION_FAILED', 'no document', {
    projectId,
  });
  await calls.refusal('viewer', importProject, 'PERMISSION_DENIED ROLE_REQUIRED', 'as a viewer', {
    yaml,
    projectId,
  });

  await calls.answer('viewer', exportProject, 'the whole project', { projectId });
  await calls.refusal('stranger', exportProject, 'NOT_FOUND PROJECT_NOT_FOUND', "somebody else's", {
    projectId,
  });
  await calls.refusal('nobody', exportProject, 'UNAUTHENTICATED TOKEN_MISSING', 'without a token', {
    projectId,
  });
  await calls.refusal('viewer', exportProject, 'NOT_FOUND SNAPSHOT_NOT_FOUND', 'an unknown snapshot', {
    projectId,
    snapshotIds: [unknownId],
  });

  const { workflows } = await calls.answer('viewer', listWorkflows, 'all', { projectId });
  await calls.answer('viewer', listWorkflows, 'some', { projectId, namePrefix: 'up', pageSize: 1 });
  await calls.refusal('stranger', listWorkflows, 'NOT_FOUND PROJECT_NOT_FOUND', "somebody else's", {
    projectId,
  });
  await calls.refusal('viewer', listWorkflows, 'INVALID_ARGUMENT VALIDATION_FAILED', 'less than none', {
    projectId,
    pageSize: -1,
  });
  return workflows[0]?.id ?? '';
}

/** Client streaming: its own part, for the clients that can. */
export async function uploadCalls(calls: Transcript, projectId: string): Promise<void> {
  const bytes = new TextEncoder().encode(yaml);
  const options = { part: { case: 'options' as const, value: { projectId } } };
  const file = { part: { case: 'file' as const, value: { path: 'sort.js', text: files['sort.js'] } } };
  const chunk = (start: number, end?: number) => ({
    part: { case: 'chunk' as const, value: bytes.subarray(start, end) },
  });
  // A character is cut in two.
  const middle = bytes.indexOf(0xe2) + 1;
  await calls.answer(
    'editor',
    importProjectStream,
    'in pieces',
    options,
    file,
    chunk(0, middle),
    chunk(middle),
  );
  await calls.refusal(
    'editor',
    importProjectStream,
    'INVALID_ARGUMENT STREAM_ORDER',
    'options twice',
    options,
    options,
  );
  await calls.refusal(
    'viewer',
    importProjectStream,
    'PERMISSION_DENIED ROLE_REQUIRED',
    'as a viewer',
    options,
    chunk(0),
  );
  await calls.refusal(
    'nobody',
    importProjectStream,
    'UNAUTHENTICATED TOKEN_MISSING',
    'without a token',
    options,
  );
  await calls.refusal('editor', importProjectStream, 'INVALID_ARGUMENT EMPTY_STREAM', 'nothing');
}
