import { setImmediate } from 'node:timers/promises';
import { isMap, isSeq } from 'yaml';
import type { ReadLimits } from './read-limits.ts';
import { readLines } from './read-lines.ts';
import { DOCUMENT_START, type ProblemLog, UnreadableDocument } from './read-problems.ts';
import { isBlockMapping, mayHoldAliases, type Segment, splitDocument } from './read-split.ts';
import { entriesOf, itemsOf, placeOf, type Value } from './read-value.ts';
import { parseYaml } from './read-yaml.ts';

/** An entry of the document's root, or one of its workflows; a list's workflows have no key. */
export type Piece =
  | { readonly kind: 'entry'; readonly key: string; readonly value: Value }
  | { readonly kind: 'workflow'; readonly key: string | undefined; readonly value: Value };

/** So long does reading keep the event loop to itself between two workflows: other calls are served meanwhile. */
const MAX_TURN_MS = 20;

/**
 * Reads a document's bytes as pieces of YAML: the root's entries and then the workflows, each in its order.
 *
 * Memory is bounded by `limits.pieceLength`, not by the document. The text is split by its lines, workflows are
 * held back up to that length for the sake of root entries below them (what stands below more than that comes
 * late), and each is parsed by itself. A document that cannot be split so (flow style, aliases between workflows)
 * is parsed as a whole up to that length, and refused beyond it.
 *
 * @throws {UnreadableDocument} for text that is no UTF-8 or beyond a limit
 */
export async function* readPieces(
  source: AsyncIterable<Uint8Array>,
  limits: ReadLimits,
  log: ProblemLog,
): AsyncGenerator<Piece> {
  const lines = readLines(source, limits.pieceLength);
  try {
    const { text, isComplete } = await readBeginning(lines, limits.pieceLength);
    if (isBlockMapping(text) && !(isComplete && mayHoldAliases(text))) {
      const segments = splitDocument(resume(text, lines), limits.pieceLength);
      yield* parseSegments(workflowsLast(segments, limits.pieceLength), limits, log);
    } else if (isComplete) {
      const root = parseYaml(text, { line: 1, path: '', firstIndex: 0 }, limits, log);
      if (root !== undefined) yield* rootPieces(root);
    } else {
      const message =
        `a document of more than ${limits.pieceLength} characters must be written as a mapping in block style: ` +
        'one key a line from the first column on, no braces, no JSON';
      throw new UnreadableDocument('DOCUMENT_TOO_LARGE', DOCUMENT_START, message);
    }
  } finally {
    await lines.return(undefined);
  }
}

async function readBeginning(
  lines: AsyncGenerator<string>,
  length: number,
): Promise<{ readonly text: string; readonly isComplete: boolean }> {
  const texts: string[] = [];
  let missing = length;
  while (missing >= 0) {
    const { done, value } = await lines.next();
    if (done) return { text: texts.join(''), isComplete: true };
    texts.push(value);
    missing -= value.length;
  }
  return { text: texts.join(''), isComplete: false };
}

async function* resume(beginning: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield beginning;
  yield* rest;
}

/** Holds workflows back, up to a length of text, so that root entries below them come before them. */
async function* workflowsLast(segments: AsyncIterable<Segment>, maxLength: number): AsyncGenerator<Segment> {
  let held: Segment[] = [];
  let room = maxLength;
  for await (const segment of segments) {
    if (segment.kind === 'entry' || room < 0) {
      yield segment;
      continue;
    }
    held.push(segment);
    room -= segment.text.length;
    if (room >= 0) continue;
    yield* held;
    held = [];
  }
  yield* held;
}

async function* parseSegments(
  segments: AsyncIterable<Segment>,
  limits: ReadLimits,
  log: ProblemLog,
): AsyncGenerator<Piece> {
  let workflows = 0;
  let turnStart = performance.now();
  for await (const { kind, text, line } of segments) {
    if (performance.now() - turnStart > MAX_TURN_MS) {
      await setImmediate();
      turnStart = performance.now();
    }
    const isWorkflow = kind === 'workflow';
    const origin = { line, path: isWorkflow ? 'workflows' : '', firstIndex: workflows };
    if (isWorkflow) workflows += 1;
    const parsed = parseYaml(text, origin, limits, log);
    if (parsed === undefined) continue;
    if (!isOneBlockEntry(text, parsed)) {
      log.error(placeOf(parsed), 'NOT_AN_ENTRY', 'this is no entry of the mapping or list around it');
      continue;
    }
    yield* isWorkflow ? workflowPieces(parsed, origin.firstIndex) : rootPieces(parsed);
  }
}

/** What else can stand between two entries (a stray text, an anchor, braces) is an error in the whole. */
function isOneBlockEntry(text: string, { node, offset }: Value): boolean {
  const isBlock = (isMap(node) || isSeq(node)) && node.flow !== true && node.items.length === 1;
  return isBlock && text.slice(0, offset).trim() === '';
}

function* rootPieces(root: Value): Generator<Piece> {
  const entries = entriesOf(root);
  for (const [key, value] of entries) yield { kind: 'entry', key, value };
  const workflows = entries.get('workflows');
  if (workflows !== undefined) yield* workflowPieces(workflows, 0);
}

/** The workflows of a mapping or a list, whose first one has that number. */
function* workflowPieces(workflows: Value, firstIndex: number): Generator<Piece> {
  if (isSeq(workflows.node)) {
    for (const value of itemsOf(workflows, firstIndex)) yield { kind: 'workflow', key: undefined, value };
  } else {
    for (const [key, value] of entriesOf(workflows)) yield { kind: 'workflow', key, value };
  }
}
