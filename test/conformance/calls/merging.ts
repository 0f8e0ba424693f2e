import { MergeStrategy } from '../../../src/gen/lightning/projects/v1/comparison_pb.ts';
import { ProjectsService } from '../../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { people, unknownId } from '../actors.ts';
import type { Transcript } from '../transcript.ts';

const { compareProjects, importProject, mergeSandbox, provisionSandbox } = ProjectsService.method;

const yaml = (body: string) => `name: merging
workflows:
  merged:
    name: merged
    jobs:
      fetch:
        name: fetch
        adaptor: '@openfn/language-common@3.0.0'
        body: ${body}
`;

/** What a sandbox changes, compared and merged. */
export async function mergingCalls(calls: Transcript, targetId: string): Promise<void> {
  const copy = { parentId: targetId, name: 'to-be-merged', collaborators: [{ userId: people.editor.id }] };
  const { project } = await calls.answer('owner', provisionSandbox, 'to be merged', copy);
  const sandboxId = project?.id ?? '';
  await calls.answer('owner', importProject, 'into the sandbox', {
    projectId: sandboxId,
    yaml: yaml('one();'),
  });

  const pair = { sourceId: sandboxId, targetId };
  await calls.answer('viewer', compareProjects, 'what the sandbox made', pair);
  const page = { ...pair, includeSame: true, pageSize: 1 };
  const { nextPageToken: pageToken } = await calls.answer('viewer', compareProjects, 'the first page', page);
  await calls.answer('viewer', compareProjects, 'the next page', { ...page, pageToken });
  await calls.refusal('owner', compareProjects, 'FAILED_PRECONDITION NOT_IN_WORKSPACE', 'with itself', {
    sourceId: targetId,
    targetId,
  });
  await calls.refusal('owner', compareProjects, 'NOT_FOUND PROJECT_NOT_FOUND', 'with nothing', {
    sourceId: sandboxId,
    targetId: unknownId,
  });

  const merge = { sandboxId, targetId };
  await calls.answer('editor', mergeSandbox, 'only to check', { ...merge, validateOnly: true });
  await calls.refusal('viewer', mergeSandbox, 'PERMISSION_DENIED ROLE_REQUIRED', 'as a viewer', merge);
  await calls.refusal('editor', mergeSandbox, 'ABORTED HEAD_MISMATCH', 'with an old head', {
    ...merge,
    expectedTargetHead: '0123456789ab',
  });
  await calls.answer('editor', mergeSandbox, 'what it made', merge);
  await calls.answer('editor', mergeSandbox, 'again, with nothing left to do', merge);

  await calls.answer('owner', importProject, 'an edit of the sandbox', {
    projectId: sandboxId,
    yaml: yaml('theirs();'),
  });
  await calls.answer('owner', importProject, 'an edit of the target', {
    projectId: targetId,
    yaml: yaml('ours();'),
  });
  await calls.refusal('editor', mergeSandbox, 'FAILED_PRECONDITION MERGE_CONFLICT', 'both edits', merge);
  await calls.answer('owner', mergeSandbox, 'both edits, and the sandbox goes', {
    ...merge,
    strategy: MergeStrategy.THEIRS,
    scheduleDeletion: true,
  });
}
