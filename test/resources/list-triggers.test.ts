import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { TriggerType, WebhookReply } from '../../src/gen/lightning/projects/v1/workflow_pb.ts';
import { triggerTypes } from '../../src/resources/trigger-message.ts';
import { pagesOf } from '../support/pages.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { aGraph, type Graph } from './support/graph.ts';
import { ids } from './support/history.ts';

let service: TestService;
let graph: Graph;
beforeAll(async () => {
  service = await startTestService();
  graph = await aGraph(service);
});
afterAll(() => service.close());

const client = () => service.client(ResourcesService, service.admin);

describe('ListTriggers', () => {
  it('shows all that is known of a trigger of each type', async () => {
    const { projectId, workflowIds, jobs } = await aGraph(service);
    const [workflowId = ''] = workflowIds;
    const cursor = jobs.find((job) => job.workflowId === workflowId)?.id;
    const path = randomUUID();
    await rows(
      service,
      `update triggers set comment = 'by hand', custom_path = $2, webhook_reply = 'after_completion',
         webhook_response_config = '{"success_code": 202, "deep": {"list": [null, true, "x"]}}'
       where workflow_id = $1 and type = 'webhook'`,
      [workflowId, path],
    );
    await rows(
      service,
      `update triggers set cron_expression = '0 5 * * *', cron_cursor_job_id = $2
       where workflow_id = $1 and type = 'cron'`,
      [workflowId, cursor],
    );
    await rows(
      service,
      `update triggers set kafka_configuration =
         '{"hosts": [["one.example.org", "9092"], ["two.example.org", 9093]], "topics": ["a", "b"], "ssl": true,
           "initial_offset_reset_policy": "earliest", "connect_timeout": 30, "group_id": "g", "sasl": "plain",
           "username": "somebody", "password": "something"}'
       where workflow_id = $1 and type = 'kafka'`,
      [workflowId],
    );

    const { triggers } = await client().listTriggers({ projectId, workflowIds: [workflowId] });

    const byType = Object.fromEntries(triggers.map((trigger) => [triggerTypes.name(trigger.type), trigger]));
    expect(byType.webhook).toMatchObject({
      workflowId,
      enabled: true,
      comment: 'by hand',
      customPath: path,
      webhookReply: WebhookReply.AFTER_COMPLETION,
      webhookResponseConfig: { success_code: 202, deep: { list: [null, true, 'x'] } },
    });
    expect(byType.cron).toMatchObject({
      enabled: false,
      cronExpression: '0 5 * * *',
      cronCursorJobId: cursor,
      webhookReply: WebhookReply.UNSPECIFIED,
    });
    expect(byType.kafka?.kafkaConfiguration).toMatchObject({
      hosts: ['one.example.org:9092', 'two.example.org:9093'],
      topics: ['a', 'b'],
      initialOffsetResetPolicy: 'earliest',
      connectTimeout: 30,
      groupId: 'g',
      ssl: true,
      sasl: 'plain',
    });
    const unset = ['comment', 'customPath', 'cronExpression', 'webhookResponseConfig', 'kafkaConfiguration'];
    expect(unset.map((field) => Reflect.get(byType.cron ?? {}, field))).toEqual([
      undefined,
      undefined,
      '0 5 * * *',
      undefined,
      undefined,
    ]);
  });

  it('shows what it can of a Kafka configuration that is odd', async () => {
    const { projectId, workflowIds } = await aGraph(service);
    await rows(
      service,
      `update triggers set kafka_configuration = '{"hosts": "none", "connect_timeout": 1e12, "ssl": "yes"}'
       where workflow_id = $1 and type = 'kafka'`,
      [workflowIds[0]],
    );

    const { triggers } = await client().listTriggers({
      projectId,
      workflowIds: workflowIds.slice(0, 1),
      types: [TriggerType.KAFKA],
    });

    expect(triggers[0]?.kafkaConfiguration).toMatchObject({ hosts: [], topics: [], ssl: false, sasl: '' });
    expect(triggers[0]?.kafkaConfiguration?.connectTimeout).toBeUndefined();
  });

  it('ends a page where the settings exceed 2 MiB together, but always shows one trigger', async () => {
    const { projectId, workflowIds } = await aGraph(service);
    await rows(service, `delete from triggers where workflow_id = any($1)`, [workflowIds]);
    for (const [index, size] of [900_000, 900_000, 900_000, 3_200_000, 0].entries()) {
      await rows(
        service,
        `insert into triggers (id, workflow_id, type, webhook_response_config)
         values ($3, $1, 'webhook', jsonb_build_object('text', repeat('x', $2)))`,
        [workflowIds[0], size, `00000000-0000-4000-8000-00000000000${index}`],
      );
    }

    const pages = await pagesOf(
      (pageToken) => client().listTriggers({ projectId, pageToken }),
      ({ triggers }) =>
        triggers.map(({ webhookResponseConfig }) => String(webhookResponseConfig?.text).length),
    );

    expect(pages).toEqual([[900_000, 900_000], [900_000], [3_200_000], [0]]);
  });

  it('filters by type and by whether it is enabled', async () => {
    const { projectId } = graph;
    const present = graph.triggers.filter(({ workflowId }) => workflowId !== graph.workflowIds[2]);
    const named = (...names: string[]) => ids(present.filter(({ name }) => names.includes(name)));
    const list = async (filter: { types?: TriggerType[]; enabled?: boolean }) =>
      ids((await client().listTriggers({ projectId, ...filter })).triggers);

    expect(await list({ types: [TriggerType.CRON, TriggerType.CRON] })).toEqual(named('cron'));
    expect(await list({ types: [TriggerType.CRON, TriggerType.KAFKA] })).toEqual(named('cron', 'kafka'));
    expect(await list({ enabled: true })).toEqual(named('webhook', 'kafka'));
    expect(await list({ enabled: false })).toEqual(named('cron'));
    expect(await list({ types: [TriggerType.KAFKA], enabled: false })).toEqual([]);
    expect(await refusal(list({ types: [TriggerType.UNSPECIFIED] }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { 'types[0]': expect.any(String) },
    });
  });
});
