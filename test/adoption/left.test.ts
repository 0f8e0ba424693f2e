import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createTestDatabase, execute } from '../support/database.ts';
import { adoptInto, counts, reasons } from './support/adopted.ts';
import { createLightning } from './support/lightning.ts';
import {
  dataclips,
  jobs,
  members,
  projects,
  run,
  snapshot,
  users,
  workflows,
} from './support/lightning-rows.ts';

const times = `'2026-03-01', '2026-03-02'`;

describe('what cannot be adopted', () => {
  it('is left with its reason, and takes along what belongs to it, while all else arrives', async () => {
    await using lightning = await createLightning();
    await using own = await createTestDatabase();
    const [twoOwners, shouting, taken, ownerless] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    const [person, circleA, circleB, nobody] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    const project = (id: string, name: string, parent = 'null') =>
      `insert into projects (id, name, parent_id, inserted_at, updated_at) values ('${id}', '${name}', ${parent}, ${times})`;
    const member = (id: string, user: string, role: string) =>
      `insert into project_users values (gen_random_uuid(), '${id}', '${user}', '${role}', 'never', false, ${times})`;
    await execute(own.url, `insert into users (email) values ('Taken@example.org')`);
    await lightning.sql(
      `insert into users (id, email, inserted_at, updated_at) values ('${person}', 'taken@example.org', ${times})`,
      `insert into credentials (id, name, user_id, inserted_at, updated_at) values ('${taken}', 'Theirs', '${person}', ${times})`,
      `insert into project_credentials values ('${taken}', '${projects.clinic}', '${taken}', ${times})`,
      `update jobs set project_credential_id = '${taken}' where id = '${jobs.check}'`,
      member(projects.clinic, person, 'viewer'),
      project(twoOwners, 'two-owners'),
      member(twoOwners, users.anna, 'owner'),
      member(twoOwners, users.ben, 'owner'),
      project(randomUUID(), 'below', `'${twoOwners}'`),
      project(shouting, 'SHOUTING'),
      project(ownerless, 'theirs'),
      member(ownerless, person, 'owner'),
      project(circleA, 'circle', `'${circleB}'`),
      project(circleB, 'circle', `'${circleA}'`),
      `insert into workflows (id, name, project_id, inserted_at, updated_at)
       values ('${twoOwners}', 'Theirs', '${twoOwners}', ${times})`,
      `insert into jobs values ('${twoOwners}', '${twoOwners}', 'Theirs', '', 'a', null, null, ${times})`,
      `insert into workflow_edges values
         (gen_random_uuid(), '${workflows.visits}', '${jobs.check}', null, '${jobs.old}', 'always', null, null, true, ${times}),
         (gen_random_uuid(), '${workflows.visits}', '${jobs.check}', null, null, 'always', null, null, true, ${times}),
         (gen_random_uuid(), '${workflows.visits}', null, null, '${jobs.check}', 'always', null, null, true, ${times}),
         (gen_random_uuid(), '${workflows.visits}', '${jobs.check}', null, '${jobs.send}', 'maybe', null, null, true, ${times})`,
      `insert into workflow_versions values (gen_random_uuid(), 'UPPER', 'app', '${workflows.visits}', '2026-01-01')`,
      `update projects set version_history = '{0000000000a1,bad}' where id = '${projects.clinic}'`,
      `insert into workflow_snapshots (id, workflow_id, name, lock_version, jobs, triggers, edges, inserted_at)
       select gen_random_uuid(), workflow_id, name, lock_version, '{}', '{}', '{}', '2026-06-01' from workflow_snapshots`,
      `update dataclips set type = 'parcel' where id = '${dataclips.named}'`,
      `update dataclips set project_id = null where id = '${dataclips.output}'`,
      // No key of this session is checked: what such rows name was never there.
      `set session_replication_role = replica;
       insert into log_lines values (gen_random_uuid(), '${nobody}', null, '2026-01-01', null, 'info', 'lost')`,
    );
    const said = await adoptInto(own.url, lightning);

    const refused = (table: string, constraint: string) =>
      `this database refuses it: new row for relation "${table}" violates check constraint "${constraint}"`;
    const told = reasons(said).map((line) => line.replace(/ \([^()]*\)$/, ''));
    expect(told).toEqual([
      'users: 1 left, another user has its address',
      'credentials: 1 left, its user was left',
      'projects: 1 left, it has 2 owners',
      'projects: 1 left, its owner was left',
      'projects: 1 left, its parent was left',
      'projects: 2 left, its parents run in a circle',
      `projects: 1 left, ${refused('projects', 'projects_name_check')}`,
      'project_users: 3 left, its project was left',
      'project_users: 1 left, its user was left',
      `project_heads: 1 left, ${refused('project_heads', 'project_heads_hash_check')}`,
      'project_credentials: 1 left, its credential was left',
      'workflows: 1 left, its project was left',
      'jobs: 1 arrived without project_credential_id: its project credential was left',
      'jobs: 1 left, its workflow was left',
      'workflow_edges: 1 left, it has no target job',
      'workflow_edges: 1 left, its condition_type maybe is not known here',
      'workflow_edges: 1 left, its target job was left',
      `workflow_edges: 1 left, ${refused('workflow_edges', 'workflow_edges_source_check')}`,
      `workflow_versions: 1 left, ${refused('workflow_versions', 'workflow_versions_hash_check')}`,
      'workflow_snapshots: 1 left, another snapshot has its lock_version',
      'dataclips: 1 left, it has no project',
      'dataclips: 1 left, its type parcel is not known here',
      'steps: 1 arrived without input_dataclip_id: its input dataclip was left',
      'steps: 1 arrived without output_dataclip_id: its output dataclip was left',
      'log_lines: 1 left, its run does not exist',
    ]);
    expect(said).toContain(`projects: 1 left, it has 2 owners (${twoOwners})`);
    expect(counts(said, 'project_users')).toMatchObject({ created: 6, left: 4 });
    expect(counts(said, 'jobs')).toMatchObject({ created: 5, left: 1 });
    expect(counts(said, 'log_lines')).toMatchObject({ created: 3, left: 1 });
    const [heads] = await execute(own.url, 'select array_agg(hash) as hashes from project_heads');
    expect(heads).toEqual({ hashes: ['0000000000a1'] });
    const [step] = await execute(
      own.url,
      `select snapshot_id, output_dataclip_id from steps order by id limit 1`,
    );
    expect(step).toEqual({ snapshot_id: snapshot, output_dataclip_id: null });
  });

  it('is named by a few of its ids, however many rows it is', async () => {
    await using lightning = await createLightning();
    await using own = await createTestDatabase();
    await lightning.sql(
      `insert into dataclips select gen_random_uuid(), '${projects.clinic}', null, 'parcel', null, null, null, now(), now()
       from generate_series(1, 25)`,
      `insert into log_lines select gen_random_uuid(), '${run}', null, '2026-01-01', repeat('x', n % 9), 'info', 'm' || n
       from generate_series(1, 2500) n`,
    );
    const said = await adoptInto(own.url, lightning);

    const uuid = '[0-9a-f-]{36}';
    expect(reasons(said)).toEqual([
      expect.stringMatching(
        new RegExp(`^dataclips: 25 left, its type parcel is not known here \\((${uuid}, ){3}…\\)$`),
      ),
    ]);
    expect(counts(said, 'log_lines')).toMatchObject({ created: 2503 });
  });

  it('is a project that was deleted here, or is being', async () => {
    await using lightning = await createLightning();
    await using own = await createTestDatabase();
    await adoptInto(own.url, lightning);
    await execute(
      own.url,
      `insert into audit_events (kind, item_type, item_id, project_id, method)
       values ('project_deletion_started', 'project', '${projects.water}', '${projects.water}', 'test')`,
      `update projects set deletion_started_at = now() where id = '${projects.water}'`,
    );
    await lightning.sql(`update projects set description = 'new', updated_at = '2026-09-09'`);
    const said = await adoptInto(own.url, lightning);

    expect(said).toContain(`projects: 1 left, it was deleted here (${projects.water})`);
    expect(counts(said, 'projects')).toMatchObject({ updated: 2, left: 1 });
    expect(await execute(own.url, `select description from projects where id = '${projects.water}'`)).toEqual(
      [{ description: null }],
    );
  });

  it('is not what a placeholder held: its person takes that over', async () => {
    await using lightning = await createLightning();
    await using own = await createTestDatabase();
    const [placeholder, project] = [randomUUID(), randomUUID()];
    await execute(
      own.url,
      `insert into users (id, email, placeholder) values ('${placeholder}', 'ANNA@example.org', true)`,
      `insert into projects (id, name) values ('${project}', 'own')`,
      `insert into project_users (project_id, user_id, role) values ('${project}', '${placeholder}', 'owner')`,
    );
    const said = await adoptInto(own.url, lightning);

    expect(reasons(said)).toEqual([]);
    expect(
      await execute(own.url, `select user_id from project_users where project_id = '${project}'`),
    ).toEqual([{ user_id: users.anna }]);
    expect(await execute(own.url, 'select email from users where placeholder')).toEqual([]);
  });

  it('is a member whom the project has already, and nobody is removed who came here', async () => {
    await using lightning = await createLightning();
    await using own = await createTestDatabase();
    await adoptInto(own.url, lightning);
    await execute(
      own.url,
      `insert into project_users (project_id, user_id, role) values
         ('${projects.clinic}', '${users.dan}', 'editor'), ('${projects.clinic}', '${users.eve}', 'viewer')`,
    );
    await lightning.sql(
      `insert into project_users values
         (gen_random_uuid(), '${projects.clinic}', '${users.dan}', 'admin', 'never', false, ${times})`,
      `delete from project_users where id = '${members.cleoInClinic}'`,
    );
    const said = await adoptInto(own.url, lightning);

    expect(counts(said, 'project_users')).toMatchObject({ created: 0, removed: 1, left: 1 });
    const rows = await execute(
      own.url,
      `select user_id, role from project_users where project_id = '${projects.clinic}' order by user_id`,
    );
    expect(rows).toEqual([
      { user_id: users.anna, role: 'owner' },
      { user_id: users.ben, role: 'admin' },
      { user_id: users.dan, role: 'editor' },
      { user_id: users.eve, role: 'viewer' },
    ]);
  });
});
