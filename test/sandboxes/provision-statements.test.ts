import { expect, it } from 'vitest';
import { aProject } from '../support/projects.ts';
import { rows } from '../support/rows.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { statementsOf } from '../support/statements.ts';

async function grow(service: TestService, projectId: string, workflows: number): Promise<void> {
  await rows(
    service,
    `with made as (
       insert into workflows (project_id, name) select $1, 'flow ' || n from generate_series(1, $2::int) n returning id
     ), job as (
       insert into jobs (workflow_id, name, body, adaptor)
       select id, 'job ' || n, '', 'common' from made, generate_series(1, 5) n
     )
     insert into workflow_versions (workflow_id, hash, source) select id, 'aaaaaaaaaaaa', 'app' from made`,
    [projectId, workflows],
  );
}

it('ProvisionSandbox sends the same statements for a parent of one workflow and of many', async () => {
  await using service = await startTestService({ ROLES: 'rpc' });
  const owner = await aUser(service);
  const projects = service.client(ProjectsService, owner.token);
  const parent = async (workflows: number) => {
    const { id } = await aProject(service, { owner });
    await grow(service, id, workflows);
    return id;
  };
  const [small, large] = [await parent(1), await parent(50)];
  // The first call opens connections, which asks a question or two of its own.
  await projects.provisionSandbox({ parentId: small, name: 'first' });

  const few = await statementsOf(() => projects.provisionSandbox({ parentId: small, name: 'second' }));
  const many = await statementsOf(() => projects.provisionSandbox({ parentId: large, name: 'second' }));
  expect(few.some((text) => text.includes('insert into sandbox_lineage'))).toBe(true);
  expect(many).toEqual(few);
});
