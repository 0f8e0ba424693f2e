import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentShape } from '../../src/gen/lightning/projects/v1/document_pb.ts';
import type { ImportProjectResponse } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { exportDocument, importDocument, newProject, projectOf } from './support/documents.ts';
import {
  describedSamples,
  filesOf,
  onceEach,
  readSample,
  withoutTrailingBlankLines,
} from './support/samples.ts';

const STATE = 'openfn-msf-lime-mosul-local-state-4wf.yaml';

const samples = [...describedSamples().keys()];
const importable = samples.filter((name) => name !== STATE);

/** What is passed over in a sample, by its reason and place. */
const WARNINGS: Readonly<Record<string, readonly string[]>> = {
  'doc-han-openfn-new-local-project-v2.yaml': ['UNKNOWN_KEY 15:1 options'],
  'lightning-canonical-update-project-v1.yaml': ['UNKNOWN_KEY 6:1 channels'],
};

let service: TestService;
let elsewhere: TestService;
beforeAll(async () => {
  [service, elsewhere] = await Promise.all([startTestService(), startTestService()]);
});
afterAll(() => Promise.all([service.close(), elsewhere.close()]));

/** As the samples' description says how a file's name tells its shape. */
function shapeOf(name: string): DocumentShape {
  if (name.endsWith('.workflow.yaml')) return DocumentShape.V1_WORKFLOW;
  return name.includes('-v2') ? DocumentShape.V2_PROJECT : DocumentShape.V1_PROJECT;
}

/** The answer to the import of a sample as a new project, of one workflow into a project made for it. */
const imported = onceEach(async (name): Promise<ImportProjectResponse> => {
  const yaml = readSample(name);
  const project = shapeOf(name) === DocumentShape.V1_WORKFLOW ? await aProject(service) : undefined;
  return await importDocument(service, yaml, {
    files: filesOf(yaml),
    createMissingCredentials: true,
    actorUserId: await somebody(),
    ...(project === undefined ? {} : { projectId: project.id }),
  });
});

/** Somebody for whom credentials that no section declares are made. */
async function somebody(): Promise<string> {
  const id = '0190a8b2-5c1e-7e2f-8a3b-9c4d5e6f7a8b';
  await rows(
    service,
    `insert into users (id, email) values ($1, 'somebody@example.org') on conflict do nothing`,
    [id],
  );
  return id;
}

/** Counts of everything that an import may write. */
async function written(of: TestService): Promise<unknown> {
  const tables = ['workflow_versions', 'workflow_snapshots', 'project_heads', 'events', 'audit_events'];
  const counts = tables.map((table) => `(select count(*)::int from ${table}) as ${table}`);
  return await rows(of, `select ${counts.join(', ')}, (select max(updated_at) from workflows) as updated_at`);
}

describe('a real document', () => {
  it.each(importable)('%s is imported whole, and what is passed over is told', async (name) => {
    const { shape, created, warnings, projectCreated } = await imported(name);
    expect(shape).toBe(shapeOf(name));
    expect([created?.workflows, created?.jobs, created?.triggers, created?.edges]).toEqual(
      describedSamples().get(name),
    );
    expect(warnings.map(({ reason, line, column, path }) => `${reason} ${line}:${column} ${path}`)).toEqual(
      WARNINGS[name] ?? [],
    );
    expect(projectCreated).toBe(shape !== DocumentShape.V1_WORKFLOW);
  });

  it.each(importable)('%s gives the same bytes when its export is imported elsewhere', async (name) => {
    const exported = await exportDocument(service, projectOf(await imported(name)));
    const copy = await newProject(elsewhere, exported);
    expect(await exportDocument(elsewhere, copy)).toBe(exported);
  });

  it.each(importable)('%s changes nothing when its export is imported over it', async (name) => {
    const projectId = projectOf(await imported(name));
    const exported = await exportDocument(service, projectId);
    const before = await written(service);

    const { created, updated, deleted, warnings } = await importDocument(service, exported, {
      projectId,
      prune: true,
    });

    for (const counts of [created, updated, deleted]) {
      const { $typeName: _, ...numbers } = counts ?? { $typeName: '' };
      expect(new Set(Object.values(numbers))).toEqual(new Set([0]));
    }
    expect(warnings).toEqual([]);
    expect(await written(service)).toEqual(before);
    expect(await exportDocument(service, projectId)).toBe(exported);
  });

  it('of the present generation comes back byte for byte', async () => {
    const text = readSample('lightning-canonical-project-v1.yaml');
    expect(await exportDocument(elsewhere, await newProject(elsewhere, text))).toBe(text);
  });

  it.each([
    'openfn-cht-dhis2-spec.yaml',
    'openfn-grassroot-soccer-18cadb7c-spec.yaml',
    'openfn-primero-progres-spec.yaml',
  ])('%s comes back but for blank lines at the end of a block', async (name) => {
    const exported = await exportDocument(elsewhere, await newProject(elsewhere, readSample(name)));
    expect(exported).toBe(withoutTrailingBlankLines(readSample(name)));
  });

  it('whose bodies are in files of their own takes them from what is sent along', async () => {
    const projectId = projectOf(await imported('openfn-lime-pilot-spec-path-bodies.yaml'));
    const files = Object.values(filesOf(readSample('openfn-lime-pilot-spec-path-bodies.yaml')));
    const bodies = await rows<{ body: string }>(
      service,
      'select body from jobs j join workflows w on w.id = j.workflow_id where project_id = $1',
      [projectId],
    );
    expect(bodies.map(({ body }) => `${body}\n`).toSorted()).toEqual(files.toSorted());
  });

  it('that is a state file is refused, and says what to import instead', async () => {
    const refused = await refusal(importDocument(service, readSample(STATE)));
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'DOCUMENT_INVALID' });
    expect(Object.values(refused.fields)).toEqual(['CLI_STATE']);
    expect(refused.message).toContain('openfn pull');
  });
});
