import type { BodyFiles } from './read-body.ts';
import { Fields } from './read-fields.ts';
import { readHeader, refuseLateEntry } from './read-header.ts';
import type { ReadLimits } from './read-limits.ts';
import { DistinctNames } from './read-names.ts';
import type { DocumentPart, DocumentShape } from './read-parts.ts';
import { DOCUMENT_START, type ProblemLog, UnreadableDocument } from './read-problems.ts';
import { type KeyedWorkflow, shapeOf } from './read-shape.ts';
import { readV1Workflow } from './read-v1-workflow.ts';
import { readV2Workflow } from './read-v2-workflow.ts';
import { entryPlaceOf, reportDuplicateKey, type Value } from './read-value.ts';

const CLI_STATE_MESSAGE =
  "this is a state file of OpenFn's command line tool (ids, *_id links), not a project's specification; such files " +
  'are known to have lost the conditions of edges, so it is not imported. Import the specification that ' +
  '`openfn pull` writes beside it, or an export of the project';

const UNKNOWN_SHAPE_MESSAGE =
  'this is neither a project (with workflows) nor a workflow (with jobs, triggers and edges, or with steps)';

/** Puts a document together from its pieces: finds its shape, then makes parts of what belongs to that shape. */
export class DocumentAssembly {
  readonly #files: BodyFiles;
  readonly #limits: ReadLimits;
  readonly #log: ProblemLog;
  /** The root's entries until the shape is known; after that only their keys are of use. */
  readonly #root = new Map<string, Value>();
  readonly #rootKeys = new Set<string>();
  readonly #workflowKeys = new Set<string>();
  readonly #workflowNames = new DistinctNames('workflow');
  #entries = 0;
  #workflows = 0;
  #shape: DocumentShape | undefined;

  constructor(files: BodyFiles, limits: ReadLimits, log: ProblemLog) {
    this.#files = files;
    this.#limits = limits;
    this.#log = log;
  }

  /** Whether the document is of a shape that is not imported, so that the rest of it does not matter. */
  get isRefused(): boolean {
    return this.#shape === 'cli_state';
  }

  addEntry(key: string, value: Value): void {
    this.#entries += 1;
    if (this.#entries > this.#limits.rootEntries) {
      const message = `a document may have at most ${this.#limits.rootEntries} entries`;
      throw new UnreadableDocument('TOO_MANY_ENTRIES', entryPlaceOf(value), message);
    }
    if (this.#rootKeys.has(key)) reportDuplicateKey(key, value);
    else if (this.#shape === undefined) this.#root.set(key, value);
    else refuseLateEntry(key, value, this.#shape);
    this.#rootKeys.add(key);
  }

  /** The parts that a workflow makes; the first one is preceded by all that comes before workflows. */
  *addWorkflow(workflow: KeyedWorkflow): Generator<DocumentPart> {
    if (this.#shape === undefined) yield* this.#begin(workflow);
    if (this.isRefused) return;
    const { key, value } = workflow;
    this.#workflows += 1;
    if (this.#workflows > this.#limits.workflows) {
      const message = `a document may have at most ${this.#limits.workflows} workflows`;
      throw new UnreadableDocument('TOO_MANY_WORKFLOWS', entryPlaceOf(value), message);
    }
    const fields = Fields.of(value);
    const isV2 = this.#shape === 'v2_project' || fields.has('steps');
    const part = (isV2 ? readV2Workflow : readV1Workflow)(key, fields, this.#files);
    this.#note(part.value.key, part.value.name, value);
    yield part;
  }

  /** What is left to say when the document has ended. */
  *end(): Generator<DocumentPart> {
    if (this.#shape === undefined) yield* this.#begin(undefined);
  }

  *#begin(first: KeyedWorkflow | undefined): Generator<DocumentPart> {
    const shape = shapeOf(this.#root, first);
    this.#shape = shape;
    const root = new Fields(this.#root, DOCUMENT_START, this.#log);
    if (shape !== undefined) yield { kind: 'shape', shape };
    switch (shape) {
      case 'v1_project':
      case 'v2_project':
        yield* readHeader(root, shape);
        break;
      case 'v1_workflow':
      case 'v2_workflow':
        // After an error in its text a part of the one workflow may be missing.
        if (this.#log.hasErrors) break;
        yield (shape === 'v1_workflow' ? readV1Workflow : readV2Workflow)(undefined, root, this.#files);
        break;
      case 'cli_state':
        this.#log.error(
          first === undefined ? DOCUMENT_START : entryPlaceOf(first.value),
          'CLI_STATE',
          CLI_STATE_MESSAGE,
        );
        break;
      case undefined:
        if (!this.#log.hasErrors) this.#log.error(DOCUMENT_START, 'UNKNOWN_SHAPE', UNKNOWN_SHAPE_MESSAGE);
    }
    this.#root.clear();
  }

  #note(key: string, name: string, value: Value): void {
    if (this.#workflowKeys.has(key)) reportDuplicateKey(key, value);
    else this.#workflowNames.add(name, key, entryPlaceOf(value), this.#log);
    this.#workflowKeys.add(key);
  }
}
