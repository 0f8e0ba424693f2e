import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chain, exportDocument, newProject, projectDocument } from '../exchange/support/documents.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { postProvision, stateIn, stateOf } from './support/provisioning.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const cron = { type: 'cron', cron_expression: '0 6 * * *' };
const webhook = {
  type: 'webhook',
  webhook_reply: 'after_completion',
  webhook_response_config: { success_code: 201 },
};
const kafka = { type: 'kafka', kafka_configuration: { hosts: [['broker', '9092']], topics: ['a'] } };
const settings = {
  cron_expression: null,
  cron_cursor_job_id: null,
  webhook_reply: null,
  webhook_response_config: null,
  kafka_configuration: null,
};

/** A project whose one trigger has what is posted of it, and a way to post more and to see what is stored. */
async function aTrigger(posted: object) {
  const projectId = await newProject(service, projectDocument(chain('w', ['a'])));
  const [workflow] = (await stateOf(service, projectId)).workflows;
  const triggerId = workflow?.triggers[0]?.id;
  const post = (trigger: object) =>
    postProvision(service, {
      id: projectId,
      workflows: [{ id: workflow?.id, name: 'w', triggers: [{ id: triggerId, ...trigger }] }],
    });
  expect((await post(posted)).status).toBe(201);
  return {
    projectId,
    triggerId,
    jobId: workflow?.jobs[0]?.id,
    post,
    async stored() {
      const columns = Object.keys(settings).join(', ');
      const [row] = await rows(service, `select type, ${columns} from triggers where id = $1`, [triggerId]);
      return row;
    },
  };
}

describe('a trigger that a posted state gives another type', () => {
  it('forgets when it started, also where the state still tells', async () => {
    const { projectId, jobId, post, stored } = await aTrigger(cron);
    const whole = { ...cron, cron_cursor_job_id: jobId };
    expect((await post(whole)).status).toBe(201);

    const { triggers } = stateIn(await post({ ...whole, type: 'webhook' })).workflows[0] ?? {};

    expect(await stored()).toEqual({ ...settings, type: 'webhook' });
    expect(triggers).toEqual([{ id: expect.any(String), type: 'webhook', enabled: true }]);
    expect(await exportDocument(service, projectId)).not.toContain('cron');
    expect((await post({ ...whole, type: 'webhook' })).status).toBe(201);
    expect(await stored()).toEqual({ ...settings, type: 'webhook' });
  });

  it('forgets what it signed in to Kafka with, for good', async () => {
    const { triggerId, post, stored } = await aTrigger(kafka);
    await rows(
      service,
      `update triggers set kafka_configuration = kafka_configuration || '{"password": "secret"}' where id = $1`,
      [triggerId],
    );
    await post({ type: 'webhook' });
    expect(await stored()).toEqual({ ...settings, type: 'webhook' });
    await post(kafka);
    expect(await stored()).toEqual({ ...settings, ...kafka });
  });

  it('forgets how it answered, and starts at midnight when nothing says when', async () => {
    const { post, stored } = await aTrigger(webhook);
    expect(await stored()).toEqual({ ...settings, ...webhook });
    await post({ type: 'cron' });
    expect(await stored()).toEqual({ ...settings, type: 'cron', cron_expression: '0 0 * * *' });
  });
});

describe('a trigger by time of a posted state', () => {
  it('starts at midnight when it is new and nothing says when', async () => {
    const projectId = await newProject(service, projectDocument(chain('w', ['a'])));
    const [workflow] = (await stateOf(service, projectId)).workflows;
    const trigger = { id: randomUUID(), type: 'cron' };
    const posted = { id: projectId, workflows: [{ id: workflow?.id, triggers: [trigger] }] };
    const { triggers } = stateIn(await postProvision(service, posted)).workflows[0] ?? {};
    expect(triggers?.[1]).toEqual({ ...trigger, enabled: true, cron_expression: '0 0 * * *' });
  });

  it('keeps its time, has none again only as midnight, and stays without one that it never had', async () => {
    const { triggerId, post, stored } = await aTrigger(cron);
    await post({ type: 'cron', enabled: false });
    expect(await stored()).toMatchObject(cron);
    await post({ type: 'cron', cron_expression: null });
    expect(await stored()).toMatchObject({ cron_expression: '0 0 * * *' });
    await rows(service, 'update triggers set cron_expression = null where id = $1', [triggerId]);
    await post({ type: 'cron' });
    expect(await stored()).toMatchObject({ cron_expression: null });
  });
});

describe('what a trigger has that is not of its type', () => {
  const reply = { webhook_reply: 'before_start' };

  it('stays as Lightning left it, and cannot be set', async () => {
    const { triggerId, post, stored } = await aTrigger(cron);
    await rows(service, `update triggers set webhook_reply = 'before_start' where id = $1`, [triggerId]);
    await post({ ...cron, webhook_reply: 'custom', kafka_configuration: kafka.kafka_configuration });
    expect(await stored()).toEqual({ ...settings, ...cron, ...reply });
  });

  it('can be taken away', async () => {
    const { triggerId, post, stored } = await aTrigger(cron);
    await rows(service, `update triggers set webhook_reply = 'before_start' where id = $1`, [triggerId]);
    await post({ ...cron, webhook_reply: null });
    expect(await stored()).toEqual({ ...settings, ...cron });
  });
});

describe('a Kafka trigger', () => {
  it.each([
    [{ hosts: [['broker', '']] }, 'hosts must be pairs of host and port'],
    [{ hosts: [['', 9092]] }, 'hosts must be pairs of host and port'],
    [{ hosts: [['broker', 'x:9092']] }, 'hosts must be pairs of host and port'],
    [{ connect_timeout: -1 }, 'connect_timeout must be a whole number of seconds, 0 or more'],
    [{ connect_timeout: 1e300 }, 'connect_timeout must be a whole number of seconds, 0 or more'],
  ])('is refused what a document could not give back: %j', async (settings, problem) => {
    const { post, stored } = await aTrigger(kafka);
    const { status, text } = await post({ type: 'kafka', kafka_configuration: settings });
    expect(status).toBe(422);
    expect(JSON.parse(text).errors).toEqual({
      workflows: { w: { triggers: { kafka: { kafka_configuration: [problem] } } } },
    });
    expect(await stored()).toMatchObject(kafka);
  });
});
