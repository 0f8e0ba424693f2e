import type {
  DocumentCollection,
  DocumentCredential,
  DocumentWorkflow,
} from '../../../src/exchange/document.ts';
import { type ReadOptions, readDocument } from '../../../src/exchange/read-document.ts';
import type {
  DocumentPart,
  DocumentShape,
  ProjectPart,
  WorkflowPart,
} from '../../../src/exchange/read-parts.ts';
import type { Problem } from '../../../src/exchange/read-problems.ts';

/** A document that was read to its end, its parts sorted by kind. */
export interface Read {
  readonly parts: readonly DocumentPart[];
  readonly shape: DocumentShape | undefined;
  readonly project: ProjectPart | undefined;
  readonly collections: readonly DocumentCollection[];
  readonly credentials: readonly DocumentCredential[];
  readonly workflows: readonly DocumentWorkflow[];
  readonly workflowParts: readonly WorkflowPart[];
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Reads a text that arrives in chunks of so many bytes. */
export async function readText(text: string, options: ReadOptions = {}, chunkSize = 65536): Promise<Read> {
  return sorted(await Array.fromAsync(readDocument(chunksOf(text, chunkSize), options)));
}

/** `reason line:column path` of each problem, which is what most tests are about. */
export function brief(problems: readonly Problem[]): string[] {
  return problems.map(({ reason, line, column, path }) => `${reason} ${line}:${column} ${path}`);
}

export async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function sorted(parts: readonly DocumentPart[]): Read {
  const workflowParts = parts.filter((part) => part.kind === 'workflow');
  const problems = parts.flatMap((part) => (part.kind === 'problem' ? [part.problem] : []));
  return {
    parts,
    shape: parts.find((part) => part.kind === 'shape')?.shape,
    project: parts.find((part) => part.kind === 'project'),
    collections: parts.flatMap((part) => (part.kind === 'collection' ? [part.value] : [])),
    credentials: parts.flatMap((part) => (part.kind === 'credential' ? [part.value] : [])),
    workflows: workflowParts.map(({ value }) => value),
    workflowParts,
    errors: problems.filter(({ severity }) => severity === 'error'),
    warnings: problems.filter(({ severity }) => severity === 'warning'),
  };
}
