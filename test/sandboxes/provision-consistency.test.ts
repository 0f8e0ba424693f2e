import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aProject } from '../support/projects.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  ProjectsService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';

let service: TestService;
let owner: TestUser;
beforeAll(async () => {
  service = await startTestService();
  owner = await aUser(service);
});
afterAll(() => service.close());

/**
 * A project of `workflows` workflows with three jobs each, all of whose texts say `0`, and a dataclip that
 * does.
 */
async function aUniformProject(workflows: number): Promise<{ id: string; dataclipId: string }> {
  const { id } = await aProject(service, { owner }, { description: '0' });
  await rows(
    service,
    `with made as (
       insert into workflows (project_id, name) select $1, n || '-0' from generate_series(1, $2::int) n returning id
     ), job as (
       insert into jobs (workflow_id, name, body, adaptor)
       select id, 'job ' || n, '0', 'common' from made, generate_series(1, 3) n returning id, workflow_id, name
     ), trigger as (
       insert into triggers (workflow_id, type, comment) select id, 'webhook', '0' from made returning id, workflow_id
     )
     insert into workflow_edges (workflow_id, source_trigger_id, target_job_id, condition_label)
     select trigger.workflow_id, trigger.id, job.id, '0' from trigger join job using (workflow_id)`,
    [id, workflows],
  );
  const [clip] = await rows<{ id: string }>(
    service,
    `insert into dataclips (project_id, name, type, body) values ($1, 'clip', 'global', '"0"') returning id`,
    [id],
  );
  return { id, dataclipId: clip?.id ?? '' };
}

/** What the texts of a project say: one thing, if they were read at one moment. */
async function said(projectId: string): Promise<string[]> {
  const found = await rows<{ text: string }>(
    service,
    `with flow as (select id, name from workflows where project_id = $1)
     select split_part(name, '-', 2) as text from flow
     union select body from jobs where workflow_id in (select id from flow)
     union select comment from triggers where workflow_id in (select id from flow)
     union select condition_label from workflow_edges where workflow_id in (select id from flow)
     union select body #>> '{}' from dataclips where project_id = $1`,
    [projectId],
  );
  return found.map(({ text }) => text);
}

/** Changes all texts of a project, again and again, in one transaction each, until it is stopped. */
class Writer implements AsyncDisposable {
  readonly #statements: readonly string[];
  readonly #projectId: string;
  readonly #client = new pg.Client(service.databaseUrl);
  /** How many times all texts were changed. */
  commits = 0;
  #stopped = false;
  #work: Promise<void> | undefined;

  constructor(projectId: string, statements: readonly string[]) {
    this.#projectId = projectId;
    this.#statements = statements;
  }

  async start(): Promise<void> {
    await this.#client.connect();
    this.#work = this.#write();
  }

  async #write(): Promise<void> {
    for (let number = 1; !this.#stopped; number += 1) {
      await this.#client.query('begin');
      for (const statement of this.#statements) {
        await this.#client.query(statement, [this.#projectId, String(number)]);
      }
      await this.#client.query('commit');
      this.commits = number;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#work;
    await this.#client.end();
  }
}

const inProject = 'workflow_id in (select id from workflows where project_id = $1)';
const graph = [
  `update jobs set body = $2 where ${inProject}`,
  `update workflow_edges set condition_label = $2 where ${inProject}`,
  `update workflows set name = split_part(name, '-', 1) || '-' || $2 where project_id = $1`,
  `update triggers set comment = $2 where ${inProject}`,
];
const dataclips = [`update dataclips set body = to_jsonb($2::text) where project_id = $1`];
const settings = ['update projects set description = $2 where id = $1'];

describe('ProvisionSandbox while somebody edits the parent', () => {
  interface Edits {
    readonly statements: readonly string[];
    readonly withDataclip?: boolean;
    readonly withSettings?: boolean;
  }

  it.each<[string, Edits]>([
    ['the workflows alone', { statements: graph }],
    ['workflows and dataclips', { statements: [...graph, ...dataclips], withDataclip: true }],
    ['settings and workflows', { statements: [...settings, ...graph], withSettings: true }],
  ])('copies one state: %s', async (_, { statements, withDataclip = false, withSettings = false }) => {
    const { id: parentId, dataclipId } = await aUniformProject(60);
    const projects = service.client(ProjectsService, owner.token);
    const states: string[][] = [];
    await using writer = new Writer(parentId, statements);
    await writer.start();
    for (let number = 0; number < 6; number += 1) {
      const before = writer.commits;
      const { project } = await projects.provisionSandbox({
        parentId,
        name: `copy-${number}`,
        dataclipIds: withDataclip ? [dataclipId] : [],
      });
      const copied = await said(project?.id ?? '');
      if (withSettings) copied.push(project?.description ?? '');
      states.push([...new Set(copied)]);
      await expect.poll(() => writer.commits).toBeGreaterThan(before);
    }
    expect(states.filter((state) => state.length !== 1)).toEqual([]);
    expect(new Set(states.flat()).size).toBeGreaterThan(4);
  });
});
