import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adoptedTables } from '../../src/adoption/adopted-tables.ts';
import { HistoryService } from '../../src/gen/lightning/projects/v1/history_service_pb.ts';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { VersionSource } from '../../src/gen/lightning/projects/v1/workflow_pb.ts';
import { createTestDatabase, execute, type TestDatabase } from '../support/database.ts';
import { MembersService, ProjectsService, startTestService } from '../support/service.ts';
import { adoptInto, bothSides, counts, reasons, writers } from './support/adopted.ts';
import { createLightning } from './support/lightning.ts';
import {
  clinicHead,
  dataclips,
  jobs,
  members,
  projects,
  snapshot,
  triggers,
  users,
  workflows,
} from './support/lightning-rows.ts';

/** A database that has adopted Lightning's, and what was said meanwhile. */
let adopted: TestDatabase;
let saidFirst: readonly string[];
beforeAll(async () => {
  await using lightning = await createLightning();
  adopted = await createTestDatabase();
  saidFirst = await adoptInto(adopted.url, lightning);
});
afterAll(() => adopted.close());

/** A copy of the database that has adopted Lightning's. */
const adoptedOnce = () => createTestDatabase(new URL(adopted.url).pathname.slice(1));

describe('adopting a Lightning database', () => {
  it('brings every row as it is there, and says how many', async () => {
    await using lightning = await createLightning();
    await using own = await adoptedOnce();

    expect(reasons(saidFirst)).toEqual([]);
    const stripped: Readonly<Record<string, string>> = {
      triggers: 'kafka_configuration',
      workflow_snapshots: 'triggers',
    };
    const tables = adoptedTables.filter(({ source }) => source === undefined).map(({ name }) => name);
    for (const { table, there, here } of await bothSides(lightning, own.url, tables)) {
      const without = (rows: typeof here) =>
        rows.map((row) =>
          Object.fromEntries(Object.entries(row).filter(([column]) => column !== stripped[table])),
        );
      expect.soft(without(here), table).toEqual(without(there));
      expect.soft(there.length, table).toBeGreaterThan(0);
      expect
        .soft(counts(saidFirst, table), table)
        .toEqual({ created: there.length, updated: 0, unchanged: 0, kept: 0, removed: 0, left: 0 });
    }
  });

  it('makes heads of version_history, in its order, and keeps on each project what its head is', async () => {
    await using own = await adoptedOnce();

    expect(
      await execute(
        own.url,
        'select project_id, position, hash from project_heads order by project_id, position',
      ),
    ).toEqual(
      ['0000000000a1', '0000000000a2', clinicHead].map((hash, index) => ({
        project_id: projects.clinic,
        position: index + 1,
        hash,
      })),
    );
    const heads = await execute(own.url, 'select id, head_hash from projects order by id');
    expect(heads).toEqual([
      { id: projects.clinic, head_hash: clinicHead },
      { id: projects.water, head_hash: '4f53cda18c2b' },
      { id: projects.sandbox, head_hash: '4f53cda18c2b' },
    ]);
  });

  it('fills in what this service holds besides', async () => {
    await using own = await adoptedOnce();

    const one = async (statement: string) => (await execute(own.url, statement))[0];
    expect(await one(`select type from webhook_auth_methods`)).toEqual({ type: 'api' });
    expect(
      await one(`select scheduled_deletion_root_id as id from projects where id = '${projects.water}'`),
    ).toEqual({ id: projects.water });
    expect(
      await one(
        `select count(*)::int from steps join runs using (project_id) where project_id = '${projects.clinic}'`,
      ),
    ).toEqual({ count: 2 });
    expect(await one(`select workflow_id, (updated_at at time zone 'UTC')::text as at from runs`)).toEqual({
      workflow_id: workflows.visits,
      at: '2026-03-03 12:00:02',
    });
  });

  it('brings no secret, and says none', async () => {
    await using own = await adoptedOnce();

    const tables = [...adoptedTables.map(({ name }) => name), 'events', 'audit_events'];
    const all = tables
      .map((table) => `select row_to_json(t)::text as row from ${table} t`)
      .join(' union all ');
    const text = JSON.stringify(await execute(own.url, all)) + saidFirst.join('\n');
    expect(text).toContain('kafka.example.org');
    expect(text).not.toMatch(/secret-|hashed-password/);
    expect(saidFirst.join('\n')).not.toContain(new URL(own.url).password);
    expect(
      await execute(own.url, `select triggers from workflow_snapshots where id = '${snapshot}'`),
    ).toEqual([
      {
        triggers: [
          { id: triggers.webhook, type: 'webhook' },
          { id: triggers.kafka, kafka_configuration: { topics: ['t'] } },
        ],
      },
    ]);
  });

  it('tells of each project and person once, by the service that did it', async () => {
    await using own = await adoptedOnce();

    const audit = await execute(
      own.url,
      'select kind, count(*)::int, count(distinct item_id)::int as items from audit_events group by kind order by kind',
    );
    expect(audit).toEqual([
      { kind: 'credentials_changed', count: 2, items: 2 },
      // Of two projects dataclips came, of one the five other tables, and a step whose job nobody knows any more.
      { kind: 'history_recorded', count: 8, items: 3 },
      { kind: 'project_created', count: 3, items: 3 },
      { kind: 'users_changed', count: 5, items: 5 },
    ]);
    expect(await execute(own.url, 'select distinct actor_id, service, method from audit_events')).toEqual([
      { actor_id: null, service: 'adopt', method: 'adopt' },
    ]);
  });

  it('sees the database as it was when it began, whatever is written there meanwhile', async () => {
    await using lightning = await createLightning();
    await using own = await createTestDatabase();
    const { openLightning } = await import('../../src/adoption/lightning-source.ts');
    const { adoptDatabase } = await import('../../src/adoption/adopt-database.ts');
    const { openOrm } = await import('../../src/database/orm.ts');
    await using source = await openLightning(lightning.url);
    await lightning.sql(
      `update projects set name = 'renamed'`,
      `delete from log_lines`,
      `insert into workflows (id, name, project_id, inserted_at, updated_at)
       values (gen_random_uuid(), 'New', '${projects.water}', now(), now())`,
    );
    await using stack = new AsyncDisposableStack();
    const orm = await openOrm({ url: own.url, poolMax: 2, applicationName: 'test', statementTimeoutMs: 0 });
    stack.defer(() => orm.close(true));
    await adoptDatabase(source, orm, () => {});

    const [row] = await execute(
      own.url,
      `select (select string_agg(name, ' ' order by name) from projects) as projects,
              (select count(*)::int from log_lines) as lines, (select count(*)::int from workflows) as workflows`,
    );
    expect(row).toEqual({ projects: 'clinic trial water', lines: 3, workflows: 4 });
  });
});

describe('adopting it again', () => {
  it('writes nothing when nothing changed', async () => {
    await using lightning = await createLightning();
    await using own = await adoptedOnce();
    const before = await writers(own.url);
    const said = await adoptInto(own.url, lightning);

    expect(await writers(own.url)).toEqual(before);
    for (const { name } of adoptedTables) {
      const { unchanged, ...others } = counts(said, name);
      expect.soft(unchanged, name).toBeGreaterThan(0);
      expect.soft(others, name).toEqual({ created: 0, updated: 0, kept: 0, removed: 0, left: 0 });
    }
  });

  it('brings what changed, a new owner and what is gone from a workflow or a project too', async () => {
    await using lightning = await createLightning();
    await using own = await adoptedOnce();
    await lightning.sql(
      `update projects set description = 'Other visits', version_history = version_history || '{0000000000a4}',
         updated_at = '2026-04-01' where id = '${projects.clinic}'`,
      `delete from project_users where user_id = '${users.cleo}' and project_id = '${projects.clinic}'`,
      `update project_users set updated_at = '2026-04-01',
         role = case user_id when '${users.anna}' then 'editor' else 'owner' end where project_id = '${projects.clinic}'`,
      `delete from workflow_edges where target_job_id = '${jobs.send}'`,
      `delete from jobs where id = '${jobs.send}'`,
      `update workflows set lock_version = 8, updated_at = '2026-04-01' where id = '${workflows.visits}'`,
      `update jobs set body = 'changed' where id = '${jobs.check}'`,
      `delete from workflow_versions where hash = '0000000000b2'`,
      `insert into workflow_versions (id, workflow_id, hash, source, inserted_at)
       values (gen_random_uuid(), '${workflows.visits}', '0000000000b3', 'app', '2026-04-01')`,
      `update dataclips set body = null, request = null, wiped_at = '2026-04-01', updated_at = '2026-04-01'
       where id = '${dataclips.input}'`,
      `update runs set state = 'success', finished_at = '2026-04-01'`,
      `insert into log_lines select gen_random_uuid(), run_id, null, '2026-04-01', null, 'info', 'more' from log_lines limit 1`,
    );
    const said = await adoptInto(own.url, lightning);

    expect(reasons(said)).toEqual([]);
    const written = ['projects', 'project_users', 'workflows', 'jobs', 'workflow_edges', 'workflow_versions'];
    const ran = ['dataclips', 'runs', 'log_lines'];
    for (const { table, there, here } of await bothSides(lightning, own.url, [...written, ...ran]))
      expect.soft(here, table).toEqual(there);
    expect(counts(said, 'project_users')).toMatchObject({ created: 0, updated: 2, removed: 1 });
    expect(counts(said, 'jobs')).toMatchObject({ created: 0, updated: 1, removed: 1, unchanged: 3 });
    expect(counts(said, 'workflow_versions')).toMatchObject({ created: 1, removed: 1, unchanged: 2 });
    expect(counts(said, 'log_lines')).toMatchObject({ created: 1, unchanged: 3 });
    const told = await execute(
      own.url,
      `select kind, count(*)::int from audit_events where kind not like '%created' group by kind order by kind`,
    );
    expect(told).toEqual([
      { kind: 'credentials_changed', count: 2 },
      { kind: 'head_appended', count: 1 },
      { kind: 'history_recorded', count: 11 },
      { kind: 'members_changed', count: 3 },
      { kind: 'project_imported', count: 1 },
      { kind: 'project_updated', count: 1 },
      { kind: 'users_changed', count: 5 },
    ]);
  });

  it('brings a workflow whose name another one has given up since', async () => {
    await using lightning = await createLightning();
    await using own = await adoptedOnce();
    const fresh = 'aaaaaaaa-0000-4000-8000-000000000002';
    await lightning.sql(
      `update workflows set name = 'Old visits', updated_at = '2026-04-01' where id = '${workflows.visits}'`,
      `insert into workflows (id, name, project_id, inserted_at, updated_at)
       values ('${fresh}', 'Visits', '${projects.clinic}', '2026-04-01', '2026-04-01')`,
      `insert into jobs values ('${fresh}', '${fresh}', 'New', '', 'a', null, null, '2026-04-01', '2026-04-01')`,
    );
    const said = await adoptInto(own.url, lightning);

    expect(reasons(said)).toEqual([]);
    expect(counts(said, 'workflows')).toMatchObject({ created: 1, updated: 1, left: 0 });
    expect(counts(said, 'jobs')).toMatchObject({ created: 1 });
  });

  it('keeps what changed here since', async () => {
    await using lightning = await createLightning();
    await using own = await adoptedOnce();
    await execute(
      own.url,
      `update workflows set name = 'Own name', updated_at = now() where id = '${workflows.visits}'`,
      `update jobs set body = 'own body', updated_at = now() where id = '${jobs.check}'`,
      `delete from workflow_edges where target_job_id = '${jobs.send}'`,
      `insert into project_users (project_id, user_id, role) values ('${projects.clinic}', '${users.eve}', 'viewer')`,
    );
    const before = await writers(own.url);
    await lightning.sql(`update workflows set lock_version = 9, updated_at = '2026-04-01'`);
    const said = await adoptInto(own.url, lightning);

    expect(counts(said, 'workflows')).toMatchObject({ updated: 3, kept: 1 });
    const untouched = (rows: typeof before) =>
      rows.filter(({ table }) => !['workflows', 'projects'].includes(`${table}`));
    const events = ['events', 'audit_events'];
    const data = (rows: typeof before) => untouched(rows).filter(({ table }) => !events.includes(`${table}`));
    expect(data(await writers(own.url))).toEqual(data(before));
  });

  it('leaves a workflow whole whose new name another one has here', async () => {
    await using lightning = await createLightning();
    await using own = await adoptedOnce();
    await execute(own.url, `insert into workflows (name, project_id) values ('Taken', '${projects.clinic}')`);
    const before = await writers(own.url);
    await lightning.sql(
      `update workflows set name = 'Taken', updated_at = '2026-04-01' where id = '${workflows.visits}'`,
      `update jobs set body = 'changed', updated_at = '2026-04-01' where id = '${jobs.check}'`,
      `delete from workflow_edges where target_job_id = '${jobs.send}'`,
      `insert into workflow_versions (id, workflow_id, hash, source, inserted_at)
       values (gen_random_uuid(), '${workflows.visits}', '0000000000b3', 'app', '2026-04-01')`,
    );
    const said = await adoptInto(own.url, lightning);

    expect(reasons(said)).toEqual([`workflows: 1 left, another one has its name (${workflows.visits})`]);
    expect(await writers(own.url)).toEqual(before);
  });

  it('keeps a member who came here, also when others changed in Lightning since', async () => {
    await using lightning = await createLightning();
    await using own = await adoptedOnce();
    await execute(
      own.url,
      `insert into project_users (project_id, user_id, role) values ('${projects.clinic}', '${users.eve}', 'viewer')`,
    );
    const change = (role: string, month: string) =>
      lightning.sql(
        `update project_users set role = '${role}', updated_at = '2026-${month}-01' where id = '${members.benInClinic}'`,
      );
    for (const [role, month] of [
      ['editor', '04'],
      ['viewer', '05'],
    ] as const) {
      await change(role, month);
      const said = await adoptInto(own.url, lightning);
      expect(counts(said, 'project_users')).toMatchObject({ updated: 1, removed: 0 });
    }
    const later = 'aaaaaaaa-0000-4000-8000-000000000001';
    await lightning.sql(
      `insert into project_users values ('${later}', '${projects.clinic}', '${users.dan}', 'viewer', 'never', false, now(), now())`,
    );
    expect(counts(await adoptInto(own.url, lightning), 'project_users')).toMatchObject({
      created: 1,
      removed: 0,
    });
    await lightning.sql(`delete from project_users where id in ('${members.benInClinic}', '${later}')`);
    expect(counts(await adoptInto(own.url, lightning), 'project_users')).toMatchObject({ removed: 2 });
  });

  it('lets nobody in again who was removed here, unless Lightning changed their membership since', async () => {
    await using service = await startTestService();
    await using lightning = await createLightning();
    await adoptInto(service.databaseUrl, lightning);
    const member = { projectId: projects.clinic, userId: users.ben };
    const clients = {
      members: service.client(MembersService, service.admin),
      projects: service.client(ProjectsService, service.admin),
    };
    await clients.members.removeMember({ memberId: members.benInClinic });
    await clients.projects.updateProject({
      project: { id: projects.clinic },
      members: [{ userId: users.anna, role: Role.OWNER }],
      updateMask: { paths: ['members'] },
    });
    const said = await adoptInto(service.databaseUrl, lightning);
    expect(counts(said, 'project_users')).toMatchObject({ created: 0, removed: 0, left: 2 });
    expect(reasons(said)).toEqual([expect.stringContaining('project_users: 2 left, it was removed here')]);
    expect(await clients.members.checkMembership(member)).toMatchObject({ member: false });

    // Lightning knows the second alone.
    await lightning.sql(
      `update project_users set role = 'editor', updated_at = now() + interval '1 second' where id = '${members.benInClinic}'`,
    );
    await adoptInto(service.databaseUrl, lightning);
    expect(await clients.members.checkMembership(member)).toMatchObject({ member: true });
  });

  it('keeps a version that was recorded here', async () => {
    await using service = await startTestService();
    await using lightning = await createLightning();
    await adoptInto(service.databaseUrl, lightning);
    const history = service.client(HistoryService, service.admin);
    const version = { workflowId: workflows.visits, hash: '0000000000d1', source: VersionSource.CLI };
    const { headHash } = await history.recordWorkflowVersion(version);
    const said = await adoptInto(service.databaseUrl, lightning);

    expect(counts(said, 'workflow_versions')).toMatchObject({ removed: 0 });
    const client = service.client(ProjectsService, service.admin);
    expect(await client.getProjectHead({ projectId: projects.clinic })).toMatchObject({ headHash });
  });

  it('goes on where it was interrupted', async () => {
    await using lightning = await createLightning();
    await using own = await createTestDatabase();
    const { adopt } = await import('../../src/cli/adopt.ts');
    const env = { DATABASE_URL: own.url, LOG_LEVEL: 'silent' };
    const interrupted = adopt(env, lightning.url, (line) => {
      if (line.startsWith('workflows:')) throw new Error('interrupted');
    });
    await expect(interrupted).rejects.toThrow('interrupted');
    const said = await adoptInto(own.url, lightning);

    expect(counts(said, 'jobs')).toMatchObject({ created: 0, unchanged: 5 });
    expect(counts(said, 'log_lines')).toMatchObject({ created: 3, unchanged: 0 });
    for (const { table, there, here } of await bothSides(lightning, own.url, ['jobs', 'runs', 'log_lines']))
      expect.soft(here, table).toEqual(there);
  });
});
