/**
 * What a document may ask of the reader. Text is counted in UTF-16 units, which are never more than its bytes.
 */
export interface ReadLimits {
  /**
   * The longest text parsed at once: one workflow, one other entry of the document's root, or a whole document
   * that is not written line by line. Counts what aliases stand for as if it were written out.
   */
  readonly pieceLength: number;
  /** Collections inside collections. A workflow's fields are at depth 4 to 7. */
  readonly depth: number;
  /** Lexical tokens and lines of one piece: some 20,000 jobs and edges, and some seconds of parsing. */
  readonly tokens: number;
  /** Workflows of one document: their keys and names are what the reader remembers of what it has read. */
  readonly workflows: number;
  /** Entries of a document's root. */
  readonly rootEntries: number;
  /** Problems of one severity that are told one by one. */
  readonly problems: number;
}

export const READ_LIMITS: ReadLimits = {
  pieceLength: 16 * 1024 * 1024,
  depth: 64,
  tokens: 1_000_000,
  workflows: 100_000,
  rootEntries: 1_000,
  problems: 1_000,
};
