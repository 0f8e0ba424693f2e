import type { Call } from '../call/call.ts';
import type { DocumentCollection, DocumentCredential } from './document.ts';
import { type CredentialFate, credentialFates } from './import-credentials.ts';
import { documentInvalid } from './import-failure.ts';
import type { ImportOptions, ImportSource } from './import-options.ts';
import { readDocument } from './read-document.ts';
import type { DocumentShape, ProjectPart, WorkflowPart } from './read-parts.ts';
import { DOCUMENT_START, type Problem } from './read-problems.ts';
import type { Reference } from './read-value.ts';

/** What is known of a document once it was read from end to end: everything but the workflows. */
export interface CheckedDocument {
  readonly shape: DocumentShape;
  /** Undefined for a document of one workflow. */
  readonly project: ProjectPart | undefined;
  readonly collections: readonly DocumentCollection[];
  readonly credentials: readonly DocumentCredential[];
  /** Keys of the credentials that jobs name. */
  readonly referenced: ReadonlySet<string>;
  readonly warnings: readonly Problem[];
}

/** Warnings that an answer holds. */
const MOST_WARNINGS = 1000;

/**
 * Reads a document from end to end and finds every problem: those of its text, and credentials that nobody has.
 * Remembers of each workflow its name alone, so that memory does not grow with the workflows' content.
 *
 * @throws Failure DOCUMENT_INVALID with all errors at once
 */
export async function checkDocument(call: Call, options: ImportOptions, source: ImportSource): Promise<CheckedDocument> {
  const found = new Findings();
  for await (const part of readDocument(source.open(), {
    files: source.files,
    allowMissingFiles: options.allowMissingFiles,
  })) {
    call.signal.throwIfAborted();
    switch (part.kind) {
      case 'shape':
        found.shape = part.shape;
        break;
      case 'project':
        found.project = part;
        break;
      case 'collection':
        found.collections.push(part.value);
        break;
      case 'credential':
        found.credentials.push({ value: part.value, reference: { key: part.value.key, place: part.place } });
        break;
      case 'workflow':
        found.addWorkflow(part);
        break;
      case 'problem':
        found.add(part.problem);
        break;
    }
  }
  found.checkProject(options);
  const declared = found.credentials.map(({ value }) => value);
  const fates = await credentialFates(call.read, call, options, declared, new Set(found.references.keys()));
  found.checkCredentials(fates);
  if (found.errors.length > 0 || found.shape === undefined) throw documentInvalid(found.errors);
  return {
    shape: found.shape,
    project: found.project,
    collections: found.collections,
    credentials: declared,
    referenced: new Set(found.references.keys()),
    warnings: found.warnings,
  };
}

class Findings {
  shape: DocumentShape | undefined;
  project: ProjectPart | undefined;
  readonly collections: DocumentCollection[] = [];
  readonly credentials: { readonly value: DocumentCredential; readonly reference: Reference }[] = [];
  readonly errors: Problem[] = [];
  readonly warnings: Problem[] = [];
  /** The first place where a job names a credential, by its key. */
  readonly references = new Map<string, Reference>();
  readonly #names = new Map<string, string>();

  add(problem: Problem): void {
    if (problem.severity === 'error') this.errors.push(problem);
    else if (this.warnings.length < MOST_WARNINGS) this.warnings.push(problem);
  }

  addWorkflow({ value, place, credentialReferences }: WorkflowPart): void {
    const twin = this.#names.get(value.name);
    if (twin !== undefined) {
      const message = `${JSON.stringify(value.name)} is also the name of the workflow ${twin}: names must differ`;
      this.add({ ...place, severity: 'error', reason: 'DUPLICATE_NAME', message });
    }
    this.#names.set(value.name, value.key);
    for (const reference of credentialReferences) {
      if (!this.references.has(reference.key)) this.references.set(reference.key, reference);
    }
  }

  checkProject({ projectId, name }: ImportOptions): void {
    if (projectId !== '') return;
    const error = (reason: string, message: string) =>
      this.add({ ...(this.project?.place ?? DOCUMENT_START), severity: 'error', reason, message });
    if (this.shape === 'v1_workflow' || this.shape === 'v2_workflow') {
      error('PROJECT_ID_REQUIRED', 'a document of one workflow can only be imported over a project: set project_id');
    } else if (name === '' && this.project !== undefined && this.project.slug === null) {
      error('NAME_REQUIRED', 'the document gives the project no usable name: set name');
    }
  }

  checkCredentials(fates: ReadonlyMap<string, CredentialFate>): void {
    for (const [key, fate] of fates) {
      if (fate.kind !== 'missing' && fate.kind !== 'foreign') continue;
      const reference = this.references.get(key);
      const declared = this.credentials.find((credential) => credential.reference.key === key);
      const place = (reference ?? declared?.reference)?.place ?? DOCUMENT_START;
      const said = JSON.stringify(key);
      const message =
        fate.kind === 'foreign'
          ? `credential ${said} belongs to somebody who has not shared it with the project`
          : declared === undefined
            ? `credential ${said} is declared by no credentials section and the project has none of that key`
            : `credential ${said}: its owner or its name is unknown; set create_missing_credentials to make it`;
      const reason = fate.kind === 'foreign' ? 'CREDENTIAL_NOT_SHARED' : 'CREDENTIAL_UNKNOWN';
      this.add({ ...place, severity: reference === undefined ? 'warning' : 'error', reason, message });
    }
  }
}
