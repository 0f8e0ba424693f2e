import { afterAll, beforeAll, expect, it } from 'vitest';
import { aProject } from '../support/projects.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { statementsOf } from '../support/statements.ts';
import { outcome, requests } from './access-methods.ts';

let service: TestService;
let token: string;
let projectId: string;
beforeAll(async () => {
  service = await startTestService({ ROLES: 'rpc' });
  const owner = await aUser(service);
  ({ token } = owner);
  ({ id: projectId } = await aProject(service, { owner }));
});
afterAll(() => service.close());

/** The statements that decide about access, as `access-reader.ts` has them. */
async function questionsOf(work: () => Promise<unknown>): Promise<string[]> {
  const statements = await statementsOf(work);
  return statements.filter(
    (text) => text.includes('json_build_array((select array[role') || text.includes('"headRole"'),
  );
}

it.each(Object.keys(requests))('Authorization of %s costs one statement at most', async (method) => {
  // One call by each listener, which may share the statement.
  const questions = await questionsOf(() => outcome(service, method, projectId, token));
  expect(questions.length).toBeLessThanOrEqual(2);
});

it('Authorization over two projects costs one statement', async () => {
  const { id: other } = await aProject(service);
  const projects = service.client(ProjectsService, service.admin);
  const compare = () => projects.compareProjects({ sourceId: projectId, targetId: other }).catch(() => {});
  expect(await questionsOf(compare)).toHaveLength(1);
});
