import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DocumentWorkflow } from '../../src/exchange/document.ts';
import { anyProject } from '../exchange/support/arbitrary-workflow.ts';
import { newProject } from '../exchange/support/documents.ts';
import { written } from '../exchange/support/written.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { postProvision, type State, stateIn, stateOf } from './support/provisioning.ts';

let service: TestService;
let elsewhere: TestService;
beforeAll(async () => {
  [service, elsewhere] = await Promise.all([startTestService(), startTestService()]);
});
afterAll(() => Promise.all([service.close(), elsewhere.close()]));

/** What a state says but for when it came to be, and who is owner of its credentials, which the other place lacks. */
function lasting({ inserted_at: _inserted, updated_at: _updated, workflows, ...project }: State) {
  return {
    ...project,
    workflows: workflows.map(({ inserted_at: _i, updated_at: _u, ...workflow }) => workflow),
  };
}

/** Without uses of credentials. */
function withoutCredentials(state: State): State {
  const workflows = state.workflows.map((workflow) => ({
    ...workflow,
    jobs: workflow.jobs.map((job) => ({ ...job, project_credential_id: null })),
  }));
  return { ...state, project_credentials: [], workflows };
}

/** With a time for every cron trigger: a new one that is posted without starts at midnight. */
function timed(workflows: readonly DocumentWorkflow[]): DocumentWorkflow[] {
  return workflows.map((workflow) => ({
    ...workflow,
    triggers: workflow.triggers.map((trigger) => ({
      ...trigger,
      cronExpression: trigger.type === 'cron' ? (trigger.cronExpression ?? '@daily') : null,
    })),
  }));
}

it('any state that is posted elsewhere makes the same project, and posted twice changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(anyProject, async ({ header, workflows }) => {
      const bare = timed(workflows).map((workflow) => ({
        ...workflow,
        jobs: workflow.jobs.map((job) => ({ ...job, credential: null })),
      }));
      const projectId = await newProject(service, await written(header, bare));
      const state = withoutCredentials(await stateOf(service, projectId));

      const first = await postProvision(elsewhere, state);
      expect(first.status, first.text).toBe(201);
      expect(lasting(stateIn(first))).toEqual(lasting(state));

      const second = await postProvision(elsewhere, stateIn(first));
      expect(second.text).toBe(first.text);
    }),
    { numRuns: 25 },
  );
});

it('any project becomes what any other one holds, when the records of the one are deleted', async () => {
  await fc.assert(
    fc.asyncProperty(anyProject, anyProject, async (before, after) => {
      const id = await newProject(service, await written(before.header, before.workflows));
      const present = await stateOf(service, id);
      const other = withoutCredentials(
        await stateOf(
          elsewhere,
          await newProject(elsewhere, await written(after.header, timed(after.workflows))),
        ),
      );
      const document = {
        id,
        collections: [
          ...present.collections.map((collection) => ({ id: collection.id, delete: true })),
          ...other.collections,
        ],
        workflows: [
          ...present.workflows.map((workflow) => ({ id: workflow.id, delete: true })),
          ...other.workflows.map(({ lock_version: _, ...workflow }) => workflow),
        ],
      };
      const answer = await postProvision(service, document);
      expect(answer.status, answer.text).toBe(201);
      const state = stateIn(answer);
      const graphs = ({ workflows }: State) =>
        workflows.map(({ id: workflowId, name, jobs, triggers, edges }) => [
          workflowId,
          { name, jobs, triggers, edges },
        ]);
      expect(graphs(state)).toEqual(graphs(other));
    }),
    { numRuns: 12 },
  );
});
