import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RetentionPolicy } from '../../src/gen/lightning/projects/v1/project_pb.ts';
import { DataclipPolicy } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

describe('GetDataclipPolicy', () => {
  it.each([
    ['RETAIN_ALL', RetentionPolicy.RETAIN_ALL, DataclipPolicy.SAVE],
    ['RETAIN_WITH_ERRORS', RetentionPolicy.RETAIN_WITH_ERRORS, DataclipPolicy.SAVE_OF_FAILED_RUNS],
    ['ERASE_ALL', RetentionPolicy.ERASE_ALL, DataclipPolicy.DISCARD],
  ])('tells what %s means for dataclips', async (_, retentionPolicy, policy) => {
    const { id } = await aProject(service, {}, { retentionPolicy });

    const answer = await service
      .client(ProjectsService, service.reader)
      .getDataclipPolicy({ projectId: id.toUpperCase() });

    expect(answer.policy).toBe(policy);
  });

  it('refuses a project that does not exist', async () => {
    const call = service
      .client(ProjectsService, service.admin)
      .getDataclipPolicy({ projectId: randomUUID() });

    expect(await refusal(call)).toMatchObject({ code: 'NOT_FOUND', reason: 'PROJECT_NOT_FOUND' });
  });
});
