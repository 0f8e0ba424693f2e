import type { Call } from '../call/call.ts';
import { tooLong } from '../call/value-rule.ts';
import { checkCredentials, type NamedCredentials } from './check-credentials.ts';
import { credentialFates } from './credential-fates.ts';
import type { DocumentCredential, Place } from './document.ts';
import { documentInvalid } from './import-failure.ts';
import type { ImportOptions, ImportSource } from './import-options.ts';
import { READ_LIMITS } from './read-limits.ts';
import { DistinctNames } from './read-names.ts';
import type { DocumentPart, DocumentShape, ProjectPart, WorkflowPart } from './read-parts.ts';
import { DOCUMENT_START, type Problem, ProblemLog } from './read-problems.ts';
import { NAME_LENGTH } from './text-lengths.ts';

/** What is known of a document once it was read from end to end: everything but the workflows' content. */
export interface CheckedDocument {
  readonly shape: DocumentShape;
  /** Undefined for a document of one workflow. */
  readonly project: ProjectPart | undefined;
  /** Names of the collections. */
  readonly collections: readonly string[];
  readonly credentials: readonly DocumentCredential[];
  readonly credentialPlaces: NamedCredentials;
  /** In the document's order. */
  readonly workflows: readonly { readonly key: string; readonly name: string }[];
  readonly warnings: readonly Problem[];
}

/** Whether a document speaks of a whole project, and not of one workflow alone. */
export function isWholeProject({ shape }: { readonly shape: DocumentShape }): boolean {
  return shape === 'v1_project' || shape === 'v2_project';
}

/**
 * Reads a document from end to end and finds every problem: those of its text, and credentials that nobody has.
 * Remembers of each workflow its key and name alone, so that memory does not grow with the workflows' content.
 *
 * @throws Failure DOCUMENT_INVALID with all errors at once
 */
export async function checkDocument(
  call: Call,
  options: ImportOptions,
  source: ImportSource,
): Promise<CheckedDocument> {
  const found = new Findings(options);
  for await (const part of source.parts()) {
    call.signal.throwIfAborted();
    found.add(part);
  }
  found.checkProject();
  const { shape, credentials, places, log } = found;
  const fates = await credentialFates(call.read, call, options, credentials, places.referenced.keys());
  checkCredentials(fates, places, options.createMissingCredentials, log);
  const problems = [...log.takeFresh(), ...log.describeRest()].toSorted(byPlace);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0 || shape === undefined) throw documentInvalid(errors);
  const { project, collections, workflows } = found;
  return {
    shape,
    project,
    collections,
    credentials,
    credentialPlaces: places,
    workflows,
    warnings: problems,
  };
}

/** In the order of the document, and what counts the rest behind it. */
function byPlace(a: Problem, b: Problem): number {
  const isRest = ({ reason }: Problem) => (reason === 'MORE_PROBLEMS' ? 1 : 0);
  return isRest(a) - isRest(b) || a.line - b.line || a.column - b.column;
}

class Findings {
  shape: DocumentShape | undefined;
  project: ProjectPart | undefined;
  readonly collections: string[] = [];
  readonly credentials: DocumentCredential[] = [];
  readonly places = { declared: new Map<string, Place>(), referenced: new Map<string, Place>() };
  readonly workflows: { readonly key: string; readonly name: string }[] = [];
  /** What the reader found, and what else is wrong. */
  readonly log = new ProblemLog(READ_LIMITS.problems);
  readonly #options: ImportOptions;
  readonly #collectionNames = new DistinctNames('collection');

  constructor(options: ImportOptions) {
    this.#options = options;
  }

  add(part: DocumentPart): void {
    switch (part.kind) {
      case 'shape':
        this.shape = part.shape;
        break;
      case 'project':
        this.project = part;
        break;
      case 'collection':
        this.#collectionNames.add(part.value.name, part.value.key, part.place, this.log);
        this.collections.push(part.value.name);
        break;
      case 'credential':
        this.credentials.push(part.value);
        this.places.declared.set(part.value.key, part.place);
        break;
      case 'workflow':
        this.#addWorkflow(part);
        break;
      case 'problem':
        // The document's name is what becomes of a new project alone.
        if (part.problem.reason !== 'PROJECT_NAME_CHANGED' || this.#isNamedByDocument)
          this.log.add(part.problem);
    }
  }

  #addWorkflow({ value: { key, name }, credentialReferences }: WorkflowPart): void {
    this.workflows.push({ key, name });
    const { referenced } = this.places;
    for (const reference of credentialReferences) {
      if (!referenced.has(reference.key)) referenced.set(reference.key, reference.place);
    }
  }

  get #isNamedByDocument(): boolean {
    return this.#options.projectId === '' && this.#options.name === '';
  }

  /** What a document must say to become a new project. */
  checkProject(): void {
    const { shape, project } = this;
    if (this.#options.projectId !== '' || shape === undefined) return;
    const place = project?.place ?? DOCUMENT_START;
    if (shape === 'v1_workflow' || shape === 'v2_workflow') {
      const message = 'a document of one workflow can only be imported over a project: set project_id';
      this.log.error(place, 'PROJECT_ID_REQUIRED', message);
    }
    if (!this.#isNamedByDocument || project === undefined) return;
    if (project.slug === null) {
      this.log.error(place, 'NAME_REQUIRED', 'the document gives the project no usable name: set name');
      return;
    }
    const message = tooLong(project.slug, NAME_LENGTH);
    if (message !== undefined) this.log.error(place, 'TOO_LONG', `the project's name ${message}`);
  }
}
