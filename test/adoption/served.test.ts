import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ending } from '../support/refusal.ts';
import { ProjectsService, startTestService, type TestService, userToken } from '../support/service.ts';
import { adoptInto } from './support/adopted.ts';
import { createLightning } from './support/lightning.ts';
import { clinicHead, edges, jobs, projects, triggers, users, workflows } from './support/lightning-rows.ts';

let service: TestService;

/** As Lightnings of 2024 wrote it: what triggers and jobs got since is not even null. */
const oldSnapshot = '0e000000-0000-4000-8000-000000000e01';

beforeAll(async () => {
  service = await startTestService();
  await using lightning = await createLightning();
  await lightning.sql(
    `insert into workflow_snapshots values ('${oldSnapshot}', '${workflows.alarms}', 'Alarms', 1, null,
       array['{"id": "${jobs.alarm}", "name": "Alarm", "body": "fn();", "adaptor": "x", "project_credential_id": null}']::jsonb[],
       array['{"id": "${triggers.cron}", "type": "cron", "enabled": true, "comment": null, "custom_path": null,
               "cron_expression": "0 6 * * *", "has_auth_method": false}']::jsonb[],
       array['{"id": "${edges.cron}", "source_trigger_id": "${triggers.cron}", "source_job_id": null,
               "target_job_id": "${jobs.alarm}", "condition_type": "always", "enabled": true}']::jsonb[],
       '2026-03-03 12:00:00')`,
  );
  await adoptInto(service.databaseUrl, lightning);
});

afterAll(() => service.close());

async function projectsAs(userId: string) {
  return service.client(ProjectsService, await userToken(userId));
}

describe('an adopted project', () => {
  it('is served to its members, while the service runs', async () => {
    const client = await projectsAs(users.anna);
    expect(await client.getProject({ id: projects.sandbox })).toMatchObject({
      project: {
        name: 'trial',
        color: '#abc',
        env: 'dev',
        parent: { name: 'clinic', concurrency: 4, headHash: clinicHead },
      },
    });
  });

  it('has the head that Lightning wrote last, and its history', async () => {
    const client = await projectsAs(users.ben);
    expect(await client.getProjectHead({ projectId: projects.clinic })).toMatchObject({
      headHash: clinicHead,
    });
    expect(
      await client.appendProjectHead({
        projectId: projects.clinic,
        headHash: clinicHead,
        expectedHead: clinicHead,
      }),
    ).toMatchObject({ appended: false, currentHead: clinicHead });
  });

  it('is exported as Lightning would', async () => {
    const client = await projectsAs(users.ben);
    const chunks = await Array.fromAsync(client.exportProject({ projectId: projects.clinic }));
    expect(Buffer.concat(chunks.map(({ chunk }) => chunk)).toString()).toBe(`name: clinic
description: Visits of a clinic
collections:
  codes:
    name: codes
credentials:
  anna@example.org-DHIS2:
    name: DHIS2
    owner: anna@example.org
workflows:
  Visits:
    name: Visits
    jobs:
      Check:
        name: Check
        adaptor: '@openfn/language-common@latest'
        credential: anna@example.org-DHIS2
        body: |
          fn(s => s);
      Send:
        name: Send
        adaptor: '@openfn/language-http@6.0.0'
        credential: null
        body: |
          post('/'); // "ü"
    triggers:
      webhook:
        type: webhook
        webhook_reply: after_completion
        webhook_response_config:
          success_code: 201
        enabled: true
      kafka:
        type: kafka
        enabled: false
        kafka_configuration:
          hosts:
            - 'kafka.example.org:9092'
          topics:
            - 't'
    edges:
      webhook->Check:
        source_trigger: webhook
        target_job: Check
        condition_type: always
        enabled: true
      Check->Send:
        source_job: Check
        target_job: Send
        condition_type: js_expression
        condition_label: if ok
        condition_expression: |
          state.ok
        enabled: false
`);
  });

  it('is exported as it was in a snapshot, also in one of an older Lightning', async () => {
    const request = { projectId: projects.water, snapshotIds: [oldSnapshot] };
    const client = await projectsAs(users.ben);
    const chunks = await Array.fromAsync(client.exportProject(request));
    expect(Buffer.concat(chunks.map(({ chunk }) => chunk)).toString()).toContain(`workflows:
  Alarms:
    name: Alarms
    jobs:
      Alarm:
        name: Alarm
        adaptor: 'x'
        credential: null
        body: |
          fn();
    triggers:
      cron:
        type: cron
        cron_expression: '0 6 * * *'
        enabled: true
    edges:
      cron->Alarm:
        source_trigger: cron
        target_job: Alarm
        condition_type: always
        enabled: true
`);
  });

  it('is closed to who is disabled or no member', async () => {
    const clinic = (await projectsAs(users.cleo)).getProject({ id: projects.clinic });
    expect(await ending(clinic)).toBe('USER_DISABLED');
    const water = (await projectsAs(users.dan)).getProject({ id: projects.water });
    expect(await ending(water)).toBe('PROJECT_NOT_FOUND');
  });
});
