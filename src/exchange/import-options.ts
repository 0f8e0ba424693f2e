import type { DocumentPart } from './read-parts.ts';

/** How a document is imported, whether it came whole or as a stream. */
export interface ImportOptions {
  /** The project to import over; empty: a new one. */
  readonly projectId: string;
  /** The parent of a new project; empty: a root. */
  readonly parentId: string;
  /** The project's name instead of the document's; empty: the document's. */
  readonly name: string;
  readonly prune: boolean;
  readonly createMissingCredentials: boolean;
  readonly allowMissingFiles: boolean;
  readonly validateOnly: boolean;
}

/** A document, part by part. It is read twice: once to find every problem, once to apply it. */
export interface ImportSource {
  parts(): Iterable<DocumentPart> | AsyncIterable<DocumentPart>;
}
