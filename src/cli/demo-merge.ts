import type { Client } from '@connectrpc/connect';
import {
  MergeAction,
  type MergePlan,
  type WorkflowDifference,
} from '../gen/lightning/projects/v1/comparison_pb.ts';
import type { Project } from '../gen/lightning/projects/v1/project_pb.ts';
import type { ProjectsService } from '../gen/lightning/projects/v1/projects_service_pb.ts';

/** What the demo changes in the sandbox: a line of the sample's first workflow. */
const edit = {
  from: "['patient_id', 'facility', 'date']",
  to: "['patient_id', 'facility', 'date', 'weight']",
};

export interface MergeScene {
  readonly project: Project;
  readonly sandbox: Project;
  /** What the sandbox exports. */
  readonly sandboxYaml: string;
  readonly actorUserId: string;
}

/**
 * Edits the sandbox, compares it with its project, shows the plan of a merge, merges, and compares again.
 *
 * @throws ConnectError with which the service refused a call
 */
export async function demoMerge(
  projects: Client<typeof ProjectsService>,
  { project, sandbox, sandboxYaml, actorUserId }: MergeScene,
  say: (line: string) => void,
): Promise<void> {
  const pair = { sourceId: sandbox.id, targetId: project.id };

  say('7. An edit of the sandbox');
  const yaml = sandboxYaml.replace(edit.from, edit.to);
  const imported = await projects.importProject({ projectId: sandbox.id, yaml, actorUserId });
  say(
    `   changed ${imported.updated?.jobs} job of ${imported.updated?.workflows} workflow, new head ${imported.headHash}`,
  );

  say('8. Comparing both: which side changed what');
  const compared = await projects.compareProjects(pair);
  for (const difference of compared.workflows) sayDifference(difference, say);

  say('9. The plan of a merge');
  const merge = {
    sandboxId: sandbox.id,
    targetId: project.id,
    expectedTargetHead: compared.targetHead,
    actorUserId,
  };
  sayPlan((await projects.mergeSandbox({ ...merge, validateOnly: true })).plan, say);

  say('10. The merge, as planned');
  const { targetHead } = await projects.mergeSandbox(merge);
  say(`   ${compared.targetHead} became ${targetHead} ${project.name}`);

  say('11. Comparing again');
  const { workflows } = await projects.compareProjects(pair);
  say(`   ${workflows.length === 0 ? 'no workflow differs' : `${workflows.length} workflows differ`}`);
}

function sayDifference(
  { sourceName, changedInTarget, nodes }: WorkflowDifference,
  say: (line: string) => void,
) {
  say(`   ${sourceName}: changed in ${changedInTarget ? 'both' : 'the sandbox'}`);
  for (const { sourceName: name, fields, bodyChanges } of nodes) {
    say(`     ${name}: ${fields.join(', ')}`);
    for (const { targetLine, targetLines, sourceLines } of bodyChanges) {
      say(`     @@ line ${targetLine}`);
      for (const line of targetLines) say(`     - ${line}`);
      for (const line of sourceLines) say(`     + ${line}`);
    }
  }
}

const words: Readonly<Record<MergeAction, string>> = {
  [MergeAction.UNSPECIFIED]: '?',
  [MergeAction.KEEP]: 'keep  ',
  [MergeAction.CREATE]: 'create',
  [MergeAction.UPDATE]: 'update',
  [MergeAction.DELETE]: 'delete',
};

function sayPlan(plan: MergePlan | undefined, say: (line: string) => void) {
  for (const { action, difference } of plan?.steps ?? [])
    say(`   ${words[action]} ${difference?.targetName || difference?.sourceName}`);
}
