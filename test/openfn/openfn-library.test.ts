import Project, { generateProject } from '@openfn/project';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chain, newProject, projectDocument } from '../exchange/support/documents.ts';
import { aUser, startTestService, type TestService } from '../support/service.ts';
import { readState, serialized } from './support/openfn-project.ts';
import { fetchProvision, postProvision, stateIn, stateOf } from './support/provisioning.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

describe("OpenFn's library", () => {
  it('deploys a project that it made: asks for it, is told it is not there, posts it, reads it back', async () => {
    const { token } = await aUser(service, { superuser: true });
    const flows = [
      '@name FlowA webhook-fetch(expression=fn,adaptor=http) fetch-store(expression=each,adaptor=http)',
      '@name FlowB cron-sync(expression=fn,adaptor=common)',
    ];
    const local = generateProject('made-here', flows, { openfnUuid: true });
    expect((await fetchProvision(service, `/${local.uuid}?`, token)).status).toBe(404);

    const answer = await postProvision(service, serialized(local), token);

    expect(answer.status).toBe(201);
    const remote = await readState(stateIn(await fetchProvision(service, `/${local.uuid}?`, token)));
    expect(remote.uuid).toBe(local.uuid);
    expect(remote.workflows.map(({ name }) => name)).toEqual(['FlowA', 'FlowB']);
    const uuids = ({ workflows }: Project) => workflows.map((workflow) => workflow.getUUIDMap());
    expect(uuids(remote)).toEqual(uuids(local));
  });

  it('removes a job, whose edges go with it, and a workflow', async () => {
    const document = projectDocument(chain('w', ['a', 'b', 'c']), chain('x', ['d']));
    const id = await newProject(service, document);
    const project = await readState(await stateOf(service, id));
    project.getWorkflow('w')?.remove('b');
    project.getWorkflow('x')?.remove();

    const { workflows } = stateIn(await postProvision(service, serialized(project)));

    expect(workflows.map(({ name }) => name)).toEqual(['w']);
    expect(workflows[0]?.jobs.map(({ name }) => name)).toEqual(['a', 'c']);
    expect(workflows[0]?.edges).toHaveLength(1);
  });

  it('sees that nothing differs between a project and its state', async () => {
    const id = await newProject(service, projectDocument(chain('w', ['a']), chain('x', ['b'])));
    const [before, after] = [await stateOf(service, id), await stateOf(service, id)];
    const [local, remote] = [await readState(before), await readState(after)];
    expect(local.diff(remote)).toEqual([]);
    expect(local.canMergeInto(remote)).toBe(true);
    expect(remote).toBeInstanceOf(Project);
  });
});
