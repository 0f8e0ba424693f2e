import { DocumentAssembly } from './read-assembly.ts';
import type { BodyFiles } from './read-body.ts';
import { READ_LIMITS, type ReadLimits } from './read-limits.ts';
import type { DocumentPart } from './read-parts.ts';
import { readPieces } from './read-pieces.ts';
import { type Problem, ProblemLog, UnreadableDocument } from './read-problems.ts';

export interface ReadOptions {
  /** Bodies that the document only names: path → text. */
  readonly files?: ReadonlyMap<string, string>;
  /** Bodies whose files are not there become empty, with a warning, instead of an error. */
  readonly allowMissingFiles?: boolean;
  /** Where they differ from {@link READ_LIMITS}. */
  readonly limits?: Partial<ReadLimits>;
}

/**
 * Reads a project or workflow document of OpenFn (behaviour, section 6 "Import"), YAML or JSON, of any size in
 * bounded memory, and hands it on part by part.
 *
 * Nothing of a document may be applied when any of its parts is a problem of severity error: whoever consumes the
 * parts reads them to the end, and then decides. Never throws for what a document says; what `source` throws goes
 * through.
 */
export async function* readDocument(
  source: AsyncIterable<Uint8Array>,
  { files = new Map(), allowMissingFiles = false, limits = {} }: ReadOptions = {},
): AsyncGenerator<DocumentPart> {
  const effective = { ...READ_LIMITS, ...limits };
  const log = new ProblemLog(effective.problems);
  const last: Problem[] = [];
  try {
    yield* readParts(source, { files, allowMissingFiles }, effective, log);
  } catch (error) {
    if (!(error instanceof UnreadableDocument)) throw error;
    last.push({ severity: 'error', reason: error.reason, message: error.message, ...error.place });
  }
  for (const problem of [...log.takeFresh(), ...last, ...log.describeRest()])
    yield { kind: 'problem', problem };
}

async function* readParts(
  source: AsyncIterable<Uint8Array>,
  files: BodyFiles,
  limits: ReadLimits,
  log: ProblemLog,
): AsyncGenerator<DocumentPart> {
  const assembly = new DocumentAssembly(files, limits, log);
  for await (const piece of readPieces(source, limits, log)) {
    if (piece.kind === 'entry') assembly.addEntry(piece.key, piece.value);
    else yield* problemsFirst(assembly.addWorkflow(piece), log);
    if (assembly.isRefused) return;
  }
  yield* problemsFirst(assembly.end(), log);
}

/** The shape, then what is wrong with a workflow, then the workflow: nobody applies it unwarned. */
function* problemsFirst(parts: Iterable<DocumentPart>, log: ProblemLog): Generator<DocumentPart> {
  const ready: DocumentPart[] = [];
  for (const part of parts) {
    if (part.kind === 'shape') yield part;
    else ready.push(part);
  }
  for (const problem of log.takeFresh()) yield { kind: 'problem', problem };
  yield* ready;
}
