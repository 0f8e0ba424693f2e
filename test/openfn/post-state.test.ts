import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chain, newProject, projectDocument } from '../exchange/support/documents.ts';
import { storedHashes } from '../exchange/support/stored-hashes.ts';
import { aCredential, attach } from '../support/credentials.ts';
import { aProject } from '../support/projects.ts';
import { rows } from '../support/rows.ts';
import { aUser, startTestService, type TestService, type TestUser } from '../support/service.ts';
import { postProvision, type State, type StateWorkflow, stateIn, stateOf } from './support/provisioning.ts';

let service: TestService;
let superuser: TestUser;
beforeAll(async () => {
  service = await startTestService();
  superuser = await aUser(service, { superuser: true });
});
afterAll(() => service.close());

/** A document of one workflow: a webhook and two jobs, every id of its own. */
function aDocument(workflowName = 'flow') {
  const [webhook, first, second] = [randomUUID(), randomUUID(), randomUUID()];
  const adaptor = '@openfn/language-common@latest';
  return {
    id: randomUUID(),
    name: `project-${randomUUID()}`,
    description: 'posted' as string | null,
    workflows: [
      {
        id: randomUUID(),
        name: workflowName,
        jobs: [
          { id: first, name: 'first', adaptor, body: 'fn(a)' },
          { id: second, name: 'second', adaptor, body: 'fn(b)' },
        ],
        triggers: [{ id: webhook, type: 'webhook', enabled: true }],
        edges: [
          { id: randomUUID(), source_trigger_id: webhook, target_job_id: first, condition_type: 'always' },
          { id: randomUUID(), source_job_id: first, target_job_id: second, condition_type: 'on_job_success' },
        ],
      },
    ],
  };
}

/** The state of a new project of two workflows, each a chain of jobs. */
async function aState(): Promise<State> {
  const document = projectDocument(chain('w', ['a', 'b', 'c']), chain('x', ['d']));
  return await stateOf(service, await newProject(service, document));
}

function workflowOf({ workflows }: State, name = 'w'): StateWorkflow {
  const found = workflows.find((workflow) => workflow.name === name);
  if (found === undefined) throw new Error(`no workflow ${name}`);
  return found;
}

/** A credential of somebody's, as a state names it. */
async function aNamed(user: TestUser) {
  const credentialId = await aCredential(service, user);
  const [row] = await rows<{ name: string }>(service, 'select name from credentials where id = $1', [
    credentialId,
  ]);
  return { credentialId, name: row?.name ?? '', owner: user.email };
}

/** What is told of a document that is refused. */
async function errorsOf(document: unknown, token = service.admin): Promise<unknown> {
  const { status, text } = await postProvision(service, document, token);
  expect(status).toBe(422);
  return JSON.parse(text).errors;
}

async function kindsOf(projectId: string | undefined): Promise<string[]> {
  const events = await rows<{ kind: string }>(
    service,
    'select kind from events where project_id = $1 order by id',
    [projectId],
  );
  return events.map(({ kind }) => kind);
}

describe('a posted state of a project that is not there yet', () => {
  it("makes it, under the caller's own ids, and answers 201 with the state and where it is", async () => {
    const document = aDocument();
    const answer = await postProvision(service, document, superuser.token);

    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/provision/${document.id}`);
    expect(stateIn(answer)).toMatchObject(document);
    expect(await kindsOf(document.id)).toEqual(['project_created', 'project_imported']);
    const members = await rows(service, 'select user_id, role from project_users where project_id = $1', [
      document.id,
    ]);
    expect(members).toEqual([{ user_id: superuser.id, role: 'owner' }]);
  });

  it('gives each workflow the version of its content, from the command line, and a snapshot', async () => {
    const document = aDocument();
    const [workflow] = stateIn(await postProvision(service, document)).workflows;
    const hashes = await storedHashes(service, document.id);
    expect(workflow?.version_history).toEqual([`cli:${hashes.get(workflow?.id ?? '')}`]);
    const snapshots = await rows(
      service,
      'select lock_version from workflow_snapshots where workflow_id = $1',
      [workflow?.id],
    );
    expect(snapshots).toEqual([{ lock_version: 1 }]);
  });

  it('is refused to whoever may make no project, as is one that the caller may not see', async () => {
    const { token } = await aUser(service);
    const { id } = await aProject(service);
    const answers = [
      await postProvision(service, aDocument(), token),
      await postProvision(service, { ...aDocument(), id }, token),
      await postProvision(service, aDocument(), service.reader),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect(answers[0]?.text).toBe(answers[1]?.text);
  });

  it('names all that is wrong at once, by workflow, job, trigger and edge', async () => {
    const document = aDocument();
    const [workflow] = document.workflows;
    const edgeId = randomUUID();
    const faulty = {
      ...document,
      name: 'Not A Slug',
      workflows: [
        {
          ...workflow,
          jobs: [
            ...(workflow?.jobs ?? []),
            { id: 'nonsense', name: 'third', adaptor: null },
            { name: 'first' },
          ],
          triggers: [...(workflow?.triggers ?? []), { id: randomUUID(), type: 'cron', cron_expression: 'x' }],
          edges: [{ id: edgeId, target_job_id: workflow?.jobs[0]?.id, condition_type: 'js_expression' }],
        },
        { name: 'empty', colour: 'red' },
      ],
    };
    const before = await rows(service, 'select count(*) from projects');
    expect(await errorsOf(faulty)).toEqual({
      name: ['must be lower-case letters, digits and hyphens'],
      workflows: {
        flow: {
          jobs: {
            third: { id: ['is invalid'], adaptor: ["can't be blank"] },
            first: {
              id: ["can't be blank"],
              adaptor: ["can't be blank"],
              name: ['has already been taken by another job of the workflow'],
            },
          },
          triggers: { cron: { cron_expression: ["can't be parsed"] } },
          edges: {
            '->first': {
              source_job_id: ['source_job_id or source_trigger_id must be present'],
              condition_expression: ["can't be blank"],
            },
          },
        },
        empty: { id: ["can't be blank"], base: ['extraneous parameters: colour'] },
      },
    });
    expect(await rows(service, 'select count(*) from projects')).toEqual(before);
  });

  it.each(['', ' '])('refuses the adaptor "%s", of a new job and of one that is there', async (adaptor) => {
    const document = aDocument();
    const [workflow] = document.workflows;
    const [job] = workflow?.jobs ?? [];
    const state = (id: string | undefined) => ({
      ...document,
      workflows: [{ id: workflow?.id, name: 'flow', jobs: [{ ...job, id, adaptor }] }],
    });
    await postProvision(service, document);
    for (const id of [randomUUID(), job?.id]) {
      const { workflows } = (await errorsOf(state(id))) as { readonly workflows: unknown };
      expect(workflows).toMatchObject({ flow: { jobs: { first: { adaptor: ["can't be blank"] } } } });
    }
  });

  it.each(['', '\n'])(
    'refuses the expression %j, which no document could tell',
    async (condition_expression) => {
      const document = aDocument();
      const [workflow] = document.workflows;
      const edges = workflow?.edges.map((edge) => ({
        ...edge,
        condition_type: 'js_expression',
        condition_expression,
      }));
      const refused = { condition_expression: ["can't be blank"] };
      expect(await errorsOf({ ...document, workflows: [{ ...workflow, edges }] })).toEqual({
        workflows: { flow: { edges: expect.objectContaining({ 'webhook->first': refused }) } },
      });
    },
  );

  it('names what is wrong with each of those that have one name', async () => {
    const document = aDocument();
    const [workflow] = document.workflows;
    const adaptor = '@openfn/language-common@latest';
    const jobs = [
      { id: randomUUID(), name: 'x', adaptor: null },
      { id: randomUUID(), name: 'x', adaptor, project_credential_id: randomUUID() },
    ];
    const workflows = [
      { ...workflow, jobs, edges: [] },
      { ...workflow, id: randomUUID(), triggers: [], jobs: [{ name: 'x', adaptor }], edges: [{}] },
    ];
    expect(await errorsOf({ ...document, workflows })).toEqual({
      workflows: {
        flow: {
          name: ['a workflow with this name already exists in this project'],
          jobs: {
            x: {
              id: ["can't be blank"],
              adaptor: ["can't be blank"],
              project_credential_id: ['is no credential of this project'],
              name: ['has already been taken by another job of the workflow'],
            },
          },
          edges: expect.anything(),
        },
      },
    });
  });

  it('is refused when its ids are taken', async () => {
    const document = aDocument();
    await postProvision(service, document);
    const [workflow] = document.workflows;
    const copy = { ...document, id: randomUUID(), workflows: [{ ...workflow, id: randomUUID() }] };
    const taken = { id: ['has already been taken'] };
    expect(await errorsOf(copy)).toEqual({
      workflows: {
        flow: {
          jobs: { first: taken, second: taken },
          triggers: { webhook: taken },
          edges: { 'webhook->first': taken, 'first->second': taken },
        },
      },
    });
    expect(await errorsOf({ ...document, id: randomUUID() })).toEqual({ workflows: { flow: taken } });
    const { id } = await aProject(service);
    const collections = [{ id: randomUUID(), name: 'readings' }];
    await postProvision(service, { id, collections });
    expect(await errorsOf({ ...aDocument(), collections })).toEqual({ collections: { readings: taken } });
    expect(await errorsOf({ ...aDocument(), id }, superuser.token)).toEqual({
      id: ['another project has this id'],
    });
  });

  it('of which the id is missing is refused', async () => {
    const { id: _, ...document } = aDocument();
    expect(await errorsOf(document)).toEqual({ id: ["can't be blank"] });
  });
});

describe('a posted state of a project', () => {
  it('changes what it says, keeps what it leaves out, and records one import', async () => {
    const state = await aState();
    const { id, jobs } = workflowOf(state);
    const document = {
      id: state.id,
      description: 'new',
      workflows: [{ id, jobs: [{ id: jobs[0]?.id, body: 'changed' }] }],
    };
    const after = stateIn(await postProvision(service, document));
    const [first, ...others] = jobs;
    expect(after).toMatchObject({ name: state.name, description: 'new' });
    expect(workflowOf(after).jobs).toEqual([{ ...first, body: 'changed' }, ...others]);
    expect(workflowOf(after, 'x')).toEqual(workflowOf(state, 'x'));
    expect((await kindsOf(state.id)).slice(2)).toEqual(['project_updated', 'project_imported']);
    const audit = await rows(
      service,
      `select kind, method, service, changes -> 'updated' -> 'jobs' as jobs from audit_events
       where project_id = $1 order by id desc limit 1`,
      [state.id],
    );
    expect(audit).toEqual([
      {
        kind: 'project_imported',
        method: 'ProjectsService.ImportProject',
        service: 'test-projects:admin',
        jobs: 1,
      },
    ]);
  });

  it('renames workflows and jobs in place, also when names pass from one to another', async () => {
    const state = await aState();
    const document = structuredClone(state);
    const [w, x] = [workflowOf(document), workflowOf(document, 'x')];
    [w.name, x.name] = [x.name, w.name];
    const [a, b] = w.jobs;
    if (a === undefined || b === undefined) throw new Error('no jobs');
    [a.name, b.name] = [b.name, a.name];
    const after = stateIn(await postProvision(service, document));
    expect(after.workflows.map(({ id, name }) => [id, name]).toSorted()).toEqual(
      document.workflows.map(({ id, name }) => [id, name]).toSorted(),
    );
    expect(workflowOf(after, 'x').jobs).toEqual(w.jobs);
  });

  it('moves the ends of an edge and the type of a trigger, with all that hangs on them', async () => {
    const state = await aState();
    const document = structuredClone(state);
    const workflow = workflowOf(document);
    const [trigger] = workflow.triggers;
    const [, second, third] = workflow.edges;
    const [a, b] = workflow.jobs;
    if (!trigger || !second || !third || !a || !b) throw new Error('the chain is shorter');
    Object.assign(trigger, { type: 'cron', cron_expression: '0 1 * * *', cron_cursor_job_id: b.id });
    Object.assign(second, { source_job_id: null, source_trigger_id: trigger.id });
    Object.assign(third, { source_job_id: a.id });
    const after = workflowOf(stateIn(await postProvision(service, document)));
    expect(after.triggers).toEqual(workflow.triggers);
    const { source_job_id: _, ...moved } = second;
    expect(after.edges).toEqual([workflow.edges[0], moved, third]);
    const hashes = await storedHashes(service, state.id);
    expect(after.version_history?.at(-1)).toBe(`cli:${hashes.get(after.id)}`);
  });

  it('removes what it says to delete, and edges with their jobs', async () => {
    const state = await aState();
    const workflow = workflowOf(state);
    const [, b] = workflow.jobs;
    const document = { id: state.id, workflows: [{ id: workflow.id, jobs: [{ id: b?.id, delete: true }] }] };
    const after = workflowOf(stateIn(await postProvision(service, document)));
    expect(after.jobs.map(({ name }) => name)).toEqual(['a', 'c']);
    expect(after.edges).toEqual([workflow.edges[0]]);
    const hashes = await storedHashes(service, state.id);
    expect(after.version_history?.at(-1)).toBe(`cli:${hashes.get(after.id)}`);
    expect((await postProvision(service, document)).status).toBe(201);
  });

  it('removes the job that a cron trigger starts from, with the trigger or without', async () => {
    for (const isTriggerGone of [false, true]) {
      const document = aDocument();
      const [workflow] = document.workflows;
      const [, job] = workflow?.jobs ?? [];
      const cron = { id: randomUUID(), type: 'cron', cron_cursor_job_id: job?.id };
      await postProvision(service, {
        ...document,
        workflows: [{ ...workflow, triggers: [cron], edges: [] }],
      });

      const jobs = [{ id: job?.id, delete: true }];
      const triggers = isTriggerGone ? [{ ...cron, delete: true }] : [];
      const posted = { id: document.id, workflows: [{ id: workflow?.id, jobs, triggers }] };
      const after = workflowOf(stateIn(await postProvision(service, posted)), 'flow');
      expect(after.jobs.map(({ name }) => name)).toEqual(['first']);
      expect(after.triggers.map(({ id }) => id)).toEqual(isTriggerGone ? [] : [cron.id]);
      const hashes = await storedHashes(service, document.id);
      expect(after.version_history?.at(-1)).toBe(`cli:${hashes.get(after.id)}`);
    }
  });

  it('keeps an edge that is led past the job that is deleted', async () => {
    const state = await aState();
    const { id, jobs, edges } = workflowOf(state);
    const [, b, c] = jobs;
    const [, toB] = edges;
    const document = {
      id: state.id,
      workflows: [
        { id, jobs: [{ id: b?.id, delete: true }], edges: [{ id: toB?.id, target_job_id: c?.id }] },
      ],
    };
    const after = workflowOf(stateIn(await postProvision(service, document)));
    expect(after.edges).toEqual([edges[0], { ...toB, target_job_id: c?.id }]);
    const hashes = await storedHashes(service, state.id);
    expect(after.version_history?.at(-1)).toBe(`cli:${hashes.get(after.id)}`);
  });

  it('deletes a workflow softly, with its triggers off, and gives its name to another', async () => {
    const state = await aState();
    const { id } = workflowOf(state);
    const renamed = { id: workflowOf(state, 'x').id, name: 'w' };
    const document = { id: state.id, workflows: [{ id, delete: true }, renamed] };
    const after = stateIn(await postProvision(service, document));
    expect(after.workflows.map((workflow) => [workflow.id, workflow.name])).toEqual([[renamed.id, 'w']]);
    const kept = await rows(
      service,
      `select w.deleted_at is not null as deleted, t.enabled from workflows w join triggers t on t.workflow_id = w.id
       where w.id = $1`,
      [id],
    );
    expect(kept).toEqual([{ deleted: true, enabled: false }]);
    expect(await errorsOf({ id: state.id, workflows: [{ id, name: 'w' }] })).toEqual({
      workflows: { w: { id: ['is of a workflow that was deleted'] } },
    });
  });

  it('is refused when it deletes and changes at once', async () => {
    const state = await aState();
    const { id, jobs } = workflowOf(state);
    const [job] = jobs;
    const both = ['cannot change or add a record while deleting'];
    const document = {
      id: state.id,
      workflows: [
        { id, name: 'w', jobs: [{ ...job, name: 'other', delete: true }] },
        { id: workflowOf(state, 'x').id, name: 'y', delete: true },
      ],
    };
    expect(await errorsOf(document)).toEqual({
      workflows: { w: { jobs: { other: { delete: both } } }, y: { delete: both } },
    });
  });

  it('is refused when it was made of an older version of a workflow', async () => {
    const state = await aState();
    const { id, jobs } = workflowOf(state);
    const change = (body: string) => ({
      id: state.id,
      workflows: [{ id, name: 'w', lock_version: 1, jobs: [{ id: jobs[0]?.id, body }] }],
    });
    expect((await postProvision(service, change('one'))).status).toBe(201);
    expect(await errorsOf(change('two'))).toEqual({
      workflows: { w: { lock_version: [expect.stringContaining('stale')] } },
    });
  });

  it('is refused when two workflows would have one name', async () => {
    const state = await aState();
    const document = { id: state.id, workflows: [{ id: workflowOf(state).id, name: 'x' }] };
    expect(await errorsOf(document)).toEqual({
      workflows: { x: { name: ['a workflow with this name already exists in this project'] } },
    });
  });

  it('lets an editor change the content and not the name', async () => {
    const editor = await aUser(service);
    const [owner, viewer] = [await aUser(service), await aUser(service)];
    const { id, name } = await aProject(service, { owner, editor, viewer });
    const document = { ...aDocument(), id, name };
    expect((await postProvision(service, document, editor.token)).status).toBe(201);
    expect((await postProvision(service, { ...document, name: 'other' }, editor.token)).status).toBe(403);
    expect((await postProvision(service, { ...document, name: 'other' }, owner.token)).status).toBe(201);
    expect((await postProvision(service, document, viewer.token)).status).toBe(403);
  });

  it('knows collections by id, and those with an unknown id by name', async () => {
    const { id } = await aProject(service);
    const [kept, gone, fresh] = [randomUUID(), randomUUID(), randomUUID()];
    const first = [
      { id: kept, name: 'kept' },
      { id: gone, name: 'gone' },
    ];
    await postProvision(service, { id, collections: first });
    const collections = [
      { id: randomUUID(), name: 'kept' },
      { id: gone, delete: true },
      { id: fresh, name: 'fresh' },
    ];
    const after = stateIn(await postProvision(service, { id, collections }));
    expect(after.collections).toEqual([
      { id: kept, name: 'kept' },
      { id: fresh, name: 'fresh' },
    ]);
  });

  it("attaches the caller's own credentials by name, and nobody else's", async () => {
    const [editor, other] = [await aUser(service), await aUser(service)];
    const { id } = await aProject(service, { owner: other, editor });
    const [own, foreign, shared] = [await aNamed(editor), await aNamed(other), await aNamed(other)];
    const sharedId = await attach(service, shared.credentialId, id);
    const use = ({ name, owner }: typeof own) => ({ id: randomUUID(), name, owner });
    const [ownUse, foreignUse, sharedUse] = [use(own), use(foreign), use(shared)];
    const project_credentials = [ownUse, sharedUse];
    const document = { ...aDocument(), id, name: (await stateOf(service, id)).name, project_credentials };
    const withJobs = (uses: readonly { readonly id: string }[]) => ({
      ...document,
      workflows: document.workflows.map((workflow) => ({
        ...workflow,
        jobs: workflow.jobs.map((job, index) => ({ ...job, project_credential_id: uses[index]?.id })),
      })),
    });

    const refused = { ...withJobs([ownUse, foreignUse]), project_credentials: [ownUse, foreignUse] };
    // Told once, and not of each job that uses it; in the words for one that nobody has.
    const none = `No credential found with name ${foreign.name}`;
    expect(await errorsOf(refused, editor.token)).toEqual({
      project_credentials: { [foreign.name]: { credential: [none] } },
    });
    expect(await errorsOf(withJobs([ownUse, foreignUse]), editor.token)).toEqual({
      workflows: {
        flow: { jobs: { second: { project_credential_id: ['is no credential of this project'] } } },
      },
    });
    const after = stateIn(await postProvision(service, withJobs([ownUse, sharedUse]), editor.token));
    expect(after.project_credentials.map((credential) => credential.id).toSorted()).toEqual(
      [ownUse.id, sharedId].toSorted(),
    );
    expect(workflowOf(after, 'flow').jobs.map((job) => job.project_credential_id)).toEqual([
      ownUse.id,
      sharedId,
    ]);
    expect(stateIn(await postProvision(service, after, editor.token))).toEqual(after);
    const elsewhere = await aProject(service, { owner: editor });
    const again = { id: elsewhere.id, project_credentials: [ownUse] };
    expect(await errorsOf(again, editor.token)).toEqual({
      project_credentials: { [own.name]: { id: ['has already been taken'] } },
    });
    const unknownUse = { ...ownUse, id: randomUUID(), name: 'unknown' };
    const unknown = { ...withJobs([unknownUse, unknownUse]), project_credentials: [unknownUse] };
    expect(await errorsOf(unknown, editor.token)).toEqual({
      project_credentials: { unknown: { credential: ['No credential found with name unknown'] } },
    });
  });

  it("takes a credential without an owner for the caller's own", async () => {
    const [editor, other] = [await aUser(service), await aUser(service)];
    const { id } = await aProject(service, { owner: other, editor });
    const [own, foreign] = [await aNamed(editor), await aNamed(other)];
    const posted = ({ name }: typeof own) => ({ id, project_credentials: [{ id: randomUUID(), name }] });
    const document = posted(own);
    expect(await errorsOf(posted(foreign), editor.token)).toEqual({
      project_credentials: {
        [foreign.name]: { credential: [`No credential found with name ${foreign.name}`] },
      },
    });
    expect(await errorsOf(document)).toEqual({
      project_credentials: {
        [own.name]: { owner: ['must be given by a service, which has no credentials of its own'] },
      },
    });
    const attached = [{ ...document.project_credentials[0], owner: own.owner }];
    // Under another id the second time: it is the one that the project has.
    for (const one of [document, posted(own)]) {
      const after = stateIn(await postProvision(service, one, editor.token));
      expect(after.project_credentials).toEqual(attached);
    }
  });

  it('keeps what a Kafka trigger signs in with, and never takes it', async () => {
    const document = aDocument();
    const [workflow] = document.workflows;
    const kafka = { hosts: [['broker', '9092']], topics: ['a'] };
    const trigger = { ...workflow?.triggers[0], type: 'kafka', kafka_configuration: kafka };
    const posted = (configuration: object) => ({
      ...document,
      workflows: [{ ...workflow, triggers: [{ ...trigger, kafka_configuration: configuration }] }],
    });
    await postProvision(service, posted(kafka));
    await rows(
      service,
      `update triggers set kafka_configuration = kafka_configuration || '{"username": "me"}' where id = $1`,
      [trigger.id],
    );
    expect((await postProvision(service, posted({ ...kafka, topics: ['b'] }))).status).toBe(201);
    const [row] = await rows(service, 'select kafka_configuration as stored from triggers where id = $1', [
      trigger.id,
    ]);
    expect(row).toEqual({ stored: { ...kafka, topics: ['b'], username: 'me' } });
    expect(await errorsOf(posted({ ...kafka, username: 'you' }))).toEqual({
      workflows: {
        flow: {
          triggers: {
            kafka: { kafka_configuration: ['credentials can only be changed through the dashboard'] },
          },
        },
      },
    });
  });

  it('is refused while the project waits for its deletion', async () => {
    const state = await aState();
    await rows(service, 'update projects set scheduled_deletion = now() where id = $1', [state.id]);
    expect(await errorsOf(state)).toEqual({ base: [expect.stringContaining('deletion')] });
  });
});

describe('what is no state', () => {
  it.each([
    ['{', 'the document is not JSON'],
    ['[]', 'the document must be a JSON object'],
    [' '.repeat(16 * 1024 * 1024 + 1), 'the document is larger than 16777216 bytes'],
  ])('is refused: %.5s', async (text, message) => {
    expect(await errorsOf(text)).toEqual({ base: [message] });
  });

  it('is refused for texts and depths that no database holds', async () => {
    const document = aDocument();
    const [workflow] = document.workflows;
    const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const [trigger] = workflow?.triggers ?? [];
    const posted = (config: string) => {
      const triggers = [{ ...trigger, webhook_response_config: 'CONFIG' }];
      const text = { ...document, description: 'a\u0000b', workflows: [{ ...workflow, triggers }] };
      return JSON.stringify(text).replace('"CONFIG"', config);
    };
    const errorsWith = (problem: unknown) => ({
      description: ['must not contain the character U+0000'],
      workflows: { flow: { triggers: { webhook: { webhook_response_config: [problem] } } } },
    });
    expect(await errorsOf(posted(deep))).toEqual(errorsWith(expect.stringContaining('levels')));
    expect(await errorsOf(posted('{"a":"\\ud800"}'))).toEqual(
      errorsWith(expect.stringContaining('surrogate')),
    );
  });
});
