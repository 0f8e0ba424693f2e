import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { EdgeConditionType } from '../../src/gen/lightning/projects/v1/workflow_pb.ts';
import { pagesOf } from '../support/pages.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { aGraph } from './support/graph.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const client = () => service.client(ResourcesService, service.admin);

describe('ListEdges', () => {
  it('shows all that is known of an edge, from a trigger and from a job', async () => {
    const { projectId, workflowIds, jobs, triggers } = await aGraph(service);
    const [workflowId = ''] = workflowIds;
    const target = jobs.find((job) => job.workflowId === workflowId)?.id ?? '';
    const trigger = triggers.find((one) => one.workflowId === workflowId)?.id ?? '';
    const [fromTrigger, fromJob] = [randomUUID(), randomUUID()];
    await rows(
      service,
      `insert into workflow_edges (id, workflow_id, source_trigger_id, source_job_id, target_job_id, condition_type,
         condition_expression, condition_label, enabled)
       values ($1, $3, $4, null, $5, 'always', null, null, true),
         ($2, $3, null, $5, $5, 'js_expression', 'state.ok', 'when it went well', false)`,
      [fromTrigger, fromJob, workflowId, trigger, target],
    );

    const { edges } = await client().listEdges({ projectId, workflowIds: [workflowId] });

    const byId = new Map(edges.map((edge) => [edge.id, edge]));
    expect(byId.get(fromTrigger)).toMatchObject({
      workflowId,
      sourceTriggerId: trigger,
      targetJobId: target,
      conditionType: EdgeConditionType.ALWAYS,
      enabled: true,
    });
    expect(byId.get(fromTrigger)?.sourceJobId).toBeUndefined();
    expect(byId.get(fromTrigger)?.conditionExpression).toBeUndefined();
    expect(byId.get(fromTrigger)?.conditionLabel).toBeUndefined();
    expect(byId.get(fromJob)).toMatchObject({
      sourceJobId: target,
      targetJobId: target,
      conditionType: EdgeConditionType.JS_EXPRESSION,
      conditionExpression: 'state.ok',
      conditionLabel: 'when it went well',
      enabled: false,
    });
    expect(byId.get(fromJob)?.sourceTriggerId).toBeUndefined();
  });

  it('ends a page where the conditions exceed 2 MiB together, but always shows one edge', async () => {
    const { projectId, workflowIds, jobs } = await aGraph(service);
    const [workflowId] = workflowIds;
    const job = jobs.find((one) => one.workflowId === workflowId)?.id;
    await rows(service, `delete from workflow_edges where workflow_id = any($1)`, [workflowIds]);
    for (const [index, size] of [900_000, 900_000, 900_000, 3_200_000, 1].entries()) {
      await rows(
        service,
        `insert into workflow_edges (id, workflow_id, source_job_id, target_job_id, condition_type, condition_expression)
         values ($3, $1, $4, $4, 'js_expression', repeat('x', $2))`,
        [workflowId, size, `00000000-0000-4000-8000-00000000000${index}`, job],
      );
    }

    const pages = await pagesOf(
      (pageToken) => client().listEdges({ projectId, pageToken }),
      ({ edges }) => edges.map(({ conditionExpression }) => conditionExpression?.length),
    );

    expect(pages).toEqual([[900_000, 900_000], [900_000], [3_200_000], [1]]);
  });
});
