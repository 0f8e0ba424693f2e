import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byteOrder } from '../../src/database/byte-order.ts';
import { newProject } from '../exchange/support/documents.ts';
import { describedSamples, filesOf, onceEach, readSample } from '../exchange/support/samples.ts';
import { aProject } from '../support/projects.ts';
import { rows } from '../support/rows.ts';
import { aUser, startTestService, type TestService } from '../support/service.ts';
import { readState, serialized } from './support/openfn-project.ts';
import { postProvision, type State, stateIn, stateOf } from './support/provisioning.ts';

/** A state file, which is never imported. */
const STATE = 'openfn-msf-lime-mosul-local-state-4wf.yaml';
const samples = [...describedSamples().keys()].filter((name) => name !== STATE);

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

/** A sample's project and its state: all tests but the last leave it as it is. */
const imported = onceEach(async (name): Promise<{ readonly id: string; readonly state: State }> => {
  const yaml = readSample(name);
  const projectId = name.endsWith('.workflow.yaml') ? (await aProject(service)).id : '';
  const owner = await aUser(service);
  const id = await newProject(service, yaml, { files: filesOf(yaml), projectId, actorUserId: owner.id });
  return { id, state: await stateOf(service, id) };
});

/** Counts of everything that a change may write. */
async function written(): Promise<unknown> {
  const tables = ['workflow_versions', 'workflow_snapshots', 'project_heads', 'events', 'audit_events'];
  const counts = tables.map((table) => `(select count(*)::int from ${table}) as ${table}`);
  return await rows(
    service,
    `select ${counts.join(', ')}, (select max(updated_at) from jobs) as jobs,
            (select sum(lock_version) from workflows) as locks, (select max(updated_at) from projects) as projects`,
  );
}

describe('a real project', () => {
  it.each(samples)('%s: posting what was fetched changes nothing', async (name) => {
    const { id, state } = await imported(name);
    const before = await written();

    const answer = await postProvision(service, state);

    expect(answer.status).toBe(201);
    expect(stateIn(answer)).toEqual(state);
    expect(await stateOf(service, id)).toEqual(state);
    expect(await written()).toEqual(before);
  });

  it.each(samples)("%s: posting what OpenFn's library makes of it changes nothing", async (name) => {
    const { state } = await imported(name);
    const before = await written();

    const answer = await postProvision(service, serialized(await readState(state)));

    expect(answer.text).toBe(JSON.stringify({ data: state }));
    expect(await written()).toEqual(before);
  });

  it.each(samples)('%s: the library finds the hash of the latest version of each workflow', async (name) => {
    const { state } = await imported(name);
    // With a list of credentials it hashes their names, Lightning their ids.
    const project = await readState({ ...state, project_credentials: [] });
    const found = inOrderOfBytes(() => project.workflows.map((w) => [w.name, w.getVersionHash()]));
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(state.workflows.map((w) => [w.name, w.version_history?.at(-1)])),
    );
  });

  it.each(samples)('%s: what the library edits arrives, and nothing else changes', async (name) => {
    const { state } = await imported(name);
    const project = await readState(state);
    const [edited] = project.workflows.filter(({ steps }) => steps.some(isJob));
    const step = edited?.steps.find(isJob);
    if (edited === undefined || step === undefined) throw new Error('the sample has no job');
    edited.set(step.id, { expression: '// edited', adaptor: '@openfn/language-edited@1.0.0' } as never);

    const after = stateIn(await postProvision(service, serialized(project)));

    const expected = structuredClone(state);
    const workflow = expected.workflows.find((candidate) => candidate.name === edited.name);
    const job = workflow?.jobs.find((candidate) => candidate.name === step.name);
    if (workflow === undefined || job === undefined) throw new Error('the edited job is not in the state');
    Object.assign(job, { body: '// edited', adaptor: '@openfn/language-edited@1.0.0' });
    const present = after.workflows.find((candidate) => candidate.id === workflow.id);
    expect(present?.version_history).toHaveLength(2);
    Object.assign(workflow, {
      lock_version: 2,
      updated_at: present?.updated_at,
      version_history: [workflow.version_history?.[0], present?.version_history?.[1]],
    });
    expect(after).toEqual(expected);
  });
});

/** Whether a step of the library's is a job. */
function isJob(step: object): boolean {
  return !('type' in step);
}

/** The library sorts by the locale and Lightning by bytes: here it sorts by bytes too. */
function inOrderOfBytes<T>(work: () => T): T {
  const { localeCompare } = String.prototype;
  String.prototype.localeCompare = function (this: string, other: string) {
    return byteOrder(String(this), other);
  };
  try {
    return work();
  } finally {
    String.prototype.localeCompare = localeCompare;
  }
}
