import { create } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { invalidArgument } from '../call/failure.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { Project as ProjectEntity } from '../entities/project.ts';
import { DocumentShape as Shape } from '../gen/lightning/projects/v1/document_pb.ts';
import { type Project, ProjectSchema } from '../gen/lightning/projects/v1/project_pb.ts';
import { foundingMembers, insertMembers } from '../members/member-set.ts';
import { lockedProject, parentProject } from '../projects/locked-project.ts';
import { newProject } from '../projects/new-project.ts';
import { applyDocument } from './apply-document.ts';
import { type CheckedDocument, checkDocument } from './check-document.ts';
import { finishImport } from './finish-import.ts';
import type { Tally } from './import-counts.ts';
import type { ImportOptions, ImportSource } from './import-options.ts';
import type { DocumentShape } from './read-parts.ts';
import type { Problem } from './read-problems.ts';

const shapes: Readonly<Record<DocumentShape, Shape>> = {
  v1_project: Shape.V1_PROJECT,
  v1_workflow: Shape.V1_WORKFLOW,
  v2_project: Shape.V2_PROJECT,
  v2_workflow: Shape.V2_WORKFLOW,
  cli_state: Shape.CLI_STATE,
};

/** What both imports answer. */
export interface ImportAnswer {
  readonly project: Project;
  readonly shape: Shape;
  readonly created: Tally;
  readonly updated: Tally;
  readonly deleted: Tally;
  readonly unchanged: Tally;
  readonly warnings: Problem[];
  readonly headHash: string;
  readonly projectCreated: boolean;
}

/**
 * Finds every problem of a document first, in reads alone; then applies it, in one transaction.
 *
 * @param guard what surrounds the change: a repeated request gets the first one's answer
 */
export async function runImport<Answer>(
  call: Call,
  options: ImportOptions,
  source: ImportSource,
  guard: (unit: UnitOfWork, work: () => Promise<ImportAnswer>) => Promise<Answer>,
): Promise<Answer> {
  if (options.projectId !== '' && options.parentId !== '') {
    throw invalidArgument([{ field: 'parent_id', description: 'cannot be set together with project_id' }]);
  }
  const checked = await checkDocument(call, options, source);
  return await call.change((unit) => guard(unit, () => importChecked(unit, call, options, source, checked)), {
    validateOnly: options.validateOnly,
  });
}

async function importChecked(
  unit: UnitOfWork,
  call: Call,
  options: ImportOptions,
  source: ImportSource,
  checked: CheckedDocument,
): Promise<ImportAnswer> {
  const warnings = [...checked.warnings];
  const isNew = options.projectId === '';
  const project = isNew
    ? await createFromDocument(unit, call, options, checked)
    : await updateFromDocument(unit, options, checked, warnings);
  const counts = await applyDocument(unit, call, project.id, checked, options, source);

  const message = await finishImport(unit, project, isNew, counts);
  return {
    project: message,
    shape: shapes[checked.shape],
    created: counts.created,
    updated: counts.updated,
    deleted: counts.deleted,
    unchanged: counts.unchanged,
    warnings,
    headHash: message.headHash,
    projectCreated: isNew,
  };
}

async function createFromDocument(
  unit: UnitOfWork,
  call: Call,
  options: ImportOptions,
  { project }: CheckedDocument,
): Promise<ProjectEntity> {
  const parent = options.parentId === '' ? null : await parentProject(unit, options.parentId);
  const name = options.name === '' ? (project?.slug ?? '') : options.name;
  const description = project?.description ?? undefined;
  const message = create(ProjectSchema, { name, ...(description === undefined ? {} : { description }) });
  const entity = newProject(unit, message, parent);
  await unit.em.flush();
  await insertMembers(unit, entity.id, foundingMembers([], call.actorId));
  return entity;
}

/**
 * Over a project that exists the description is applied, where the document has one or what it does not have is
 * deleted; the name only when the request gives one.
 */
async function updateFromDocument(
  unit: UnitOfWork,
  options: ImportOptions,
  { project: said }: CheckedDocument,
  warnings: Problem[],
): Promise<ProjectEntity> {
  const project = await lockedProject(unit, options.projectId);
  if (said !== undefined) {
    if (said.description !== null || options.prune) project.description = said.description;
    if (options.name === '' && said.slug !== null && said.slug !== project.name) {
      const message = `the project keeps its name, ${project.name}; set name to change it`;
      warnings.unshift({ ...said.place, severity: 'warning', reason: 'NAME_KEPT', message });
    }
  }
  if (options.name !== '') project.name = options.name;
  return project;
}
