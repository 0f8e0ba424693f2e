import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aProject } from '../support/projects.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { streamDocument } from './support/documents.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

/** A project of one workflow in flow style: so many jobs, which is nothing that could be parsed piece by piece. */
function flowDocument(jobs: number): string {
  const keys = Array.from({ length: jobs }, (_, index) => `j${index}`);
  const entries = keys.map((key) => [key, { name: key, adaptor: 'x', body: `fn(${key})` }]);
  return JSON.stringify({ name: 'flow', workflows: { w: { name: 'w', jobs: Object.fromEntries(entries) } } });
}

const large = flowDocument(10_000);

const imports = {
  ImportProject: () =>
    service.client(ProjectsService, service.admin).importProject({ yaml: large, validateOnly: true }),
  ImportProjectStream: () => streamDocument(service, [Buffer.from(large)], { validateOnly: true }),
};

describe.each(Object.entries(imports))('%s of a large document', (_, run) => {
  it('lets others be answered while it is parsed', async () => {
    const { id } = await aProject(service);
    const client = service.client(ProjectsService, service.admin);
    let isOver = false;
    const start = performance.now();
    const answer = run().finally(() => {
      isOver = true;
    });
    let longest = 0;
    while (!isOver) {
      const asked = performance.now();
      await client.getProject({ id });
      longest = Math.max(longest, performance.now() - asked);
    }
    await answer;
    expect(longest).toBeLessThan((performance.now() - start) / 3);
  });
});
