import { create } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { violationsOf } from '../call/violations.ts';
import type { Queries } from '../database/queries.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { Project } from '../entities/project.ts';
import { bytesOf } from '../exchange/document-source.ts';
import { finishImport } from '../exchange/finish-import.ts';
import { Counts } from '../exchange/import-counts.ts';
import { openSpool } from '../exchange/spool.ts';
import { ProjectSchema } from '../gen/lightning/projects/v1/project_pb.ts';
import { foundingMembers, insertMembers } from '../members/member-set.ts';
import { lockedProject } from '../projects/locked-project.ts';
import { newProject } from '../projects/new-project.ts';
import { applyWorkflows } from '../workflows/apply-workflows.ts';
import { stateInChunks } from './export-state.ts';
import type { PostedState } from './posted-state.ts';
import { readState } from './read-state.ts';
import type { StateDocument } from './request-body.ts';
import { planCollections, writeCollections } from './state-collections.ts';
import { attachCredentials, planCredentials } from './state-credentials.ts';
import { refuseInvalid } from './state-errors.ts';
import { BLANK } from './state-fields.ts';
import { claimNames, planWorkflows } from './state-workflows.ts';

/** What was made of a posted state. */
export interface AppliedState extends AsyncDisposable {
  readonly projectId: string;
  /** The project's state as the transaction left it, to be read once and before this is disposed of. */
  bytes(): AsyncIterable<Uint8Array>;
}

/**
 * Brings a project to what a posted state says, or makes a new one of it (Lightning's
 * `Provisioner.import_document/3`): records are known by their ids, which are the caller's own, and what it does not
 * name stays. All problems are found first; then everything is written in one transaction. What is unchanged is not
 * written: no version, no event.
 *
 * The answer is written in the same transaction, to disk: nothing that was committed can fail to be answered, and no
 * client keeps a connection by reading slowly.
 *
 * @param projectId empty: a new one
 * @throws Failure DOCUMENT_INVALID, caused by an InvalidState with all that is wrong
 */
export async function applyState(
  document: StateDocument,
  projectId: string,
  call: Call,
): Promise<AppliedState> {
  await using spools = new AsyncDisposableStack();
  const applied = await call.change(async (unit) => {
    // Read anew when the transaction starts again: what is wrong is told once.
    const { id } = await apply(unit, call, readState(document), projectId);
    const answer = spools.use(await openSpool());
    for await (const chunk of stateInChunks(unit.db, id)) await answer.write(chunk);
    return { projectId: id, source: answer.source() };
  });
  const kept = spools.move();
  return {
    projectId: applied.projectId,
    async *bytes() {
      // A client that takes too long is not sent the rest, and may keep its connection for as long as it likes.
      await using _kept = kept;
      yield* bytesOf(applied.source);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function apply(unit: UnitOfWork, call: Call, state: PostedState, projectId: string): Promise<Project> {
  const present = projectId === '' ? undefined : await lockedProject(unit, projectId);
  const credentials = await planCredentials(unit, call, present?.id, state);
  const collections = await planCollections(unit, present?.id, state);
  const keychains = present === undefined ? new Set<string>() : await keychainIds(unit.db, present.id);
  const workflows = await planWorkflows(unit, present?.id, state, {
    credentials: credentials.ids,
    keychains,
  });
  checkProject(state, present === undefined);
  refuseInvalid(state.errors);

  const project =
    present === undefined
      ? await createProject(unit, call, state)
      : await updateProject(call, state, present);
  const counts = new Counts();
  await attachCredentials(unit, project.id, credentials, counts);
  await writeCollections(unit, project.id, collections, counts);
  await claimNames(unit, workflows, counts);
  await applyWorkflows(unit, project.id, workflows.plans);
  await finishImport(unit, project, present === undefined, counts);
  return project;
}

async function keychainIds(db: Queries, projectId: string): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('keychain_credentials')
    .select('id')
    .where('project_id', '=', projectId)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** The rules of a project's own fields are those of its message. */
function checkProject(state: PostedState, isNew: boolean): void {
  const { errors } = state;
  if (isNew && state.name === undefined) errors.add('name', BLANK);
  for (const { field, description } of violationsOf(ProjectSchema, messageOf(state)))
    errors.add(field, description);
}

function messageOf({ id, name = '', description }: PostedState) {
  const isDescribed = typeof description === 'string';
  return create(ProjectSchema, { id, name, ...(isDescribed ? { description } : {}) });
}

async function createProject(unit: UnitOfWork, call: Call, state: PostedState): Promise<Project> {
  const project = newProject(unit, messageOf(state), null);
  await unit.em.flush();
  await insertMembers(unit, project.id, foundingMembers([], call.actorId));
  return project;
}

/** A project's name is one of its settings, not of its content. */
async function updateProject(
  call: Call,
  { name, description }: PostedState,
  project: Project,
): Promise<Project> {
  if (name !== undefined && name !== project.name) {
    await call.access.require('change_settings', project.id);
    project.name = name;
  }
  if (description !== undefined) project.description = description;
  return project;
}
