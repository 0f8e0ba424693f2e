import type { DocumentCollection, DocumentCredential, DocumentWorkflow, Place } from './document.ts';
import type { Problem } from './read-problems.ts';
import type { Reference } from './read-value.ts';

/** What kind of document a text turned out to be (behaviour, section 6: shapes A to E). */
export type DocumentShape = 'v1_project' | 'v1_workflow' | 'v2_project' | 'v2_workflow' | 'cli_state';

/** What the document says of the project itself. */
export interface ProjectPart {
  readonly kind: 'project';
  /** As written; null when the document gives none. */
  readonly name: string | null;
  /** The name as a project may have it: a slug. Null when there is no name, or nothing of it is left. */
  readonly slug: string | null;
  readonly description: string | null;
  readonly place: Place;
}

/** One workflow; after any error only what could be read of it. */
export interface WorkflowPart {
  readonly kind: 'workflow';
  readonly value: DocumentWorkflow;
  readonly place: Place;
  /** Every credential that a job names: whether it exists is for the importer to find out. */
  readonly credentialReferences: readonly Reference[];
}

/**
 * A document in parts. The shape comes first, then project, collections and credentials, then the workflows in
 * the document's order; problems come as early as they are known, those of a workflow before the workflow.
 */
export type DocumentPart =
  | { readonly kind: 'shape'; readonly shape: DocumentShape }
  | ProjectPart
  | { readonly kind: 'collection'; readonly value: DocumentCollection; readonly place: Place }
  | { readonly kind: 'credential'; readonly value: DocumentCredential; readonly place: Place }
  | WorkflowPart
  | { readonly kind: 'problem'; readonly problem: Problem };
