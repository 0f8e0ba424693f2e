import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { contract } from '../../src/services.ts';
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

const methods = contract.flatMap((service) => service.methods);

/** What a change has locked is asked about once more: MergeSandbox locks two projects. */
function most(request: string): number {
  const name = /^\w+/.exec(request)?.[0];
  const method = methods.find((one) => one.name === name);
  if (method?.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS) return 1;
  return name === 'MergeSandbox' ? 3 : 2;
}

it.each(Object.keys(requests).map((request) => [request, most(request)] as const))(
  'Authorization of %s costs at most %i statements',
  async (request, statements) => {
    const listeners = 2;
    const questions = await questionsOf(() => outcome(service, request, projectId, token));
    expect(questions.length).toBeLessThanOrEqual(statements * listeners);
  },
);

it('Authorization over two projects costs one statement', async () => {
  const { id: other } = await aProject(service);
  const projects = service.client(ProjectsService, service.admin);
  const compare = () => projects.compareProjects({ sourceId: projectId, targetId: other }).catch(() => {});
  expect(await questionsOf(compare)).toHaveLength(1);
});
